package failure

import (
	"strconv"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"
)

// Cured says the delay of a text, in minutes; its failure has a type.
func Cured(_ workflow.Context, text string) (int, error) {
	// #region delay
	// #step Read the delay
	delay, err := strconv.Atoi(text)

	// #step Refuse what is no number
	if err != nil {
		return 0, temporal.NewNonRetryableApplicationError(
			"no delay: "+text, "InvalidInput", nil)
	}
	// #endregion delay
	return delay, nil
}
