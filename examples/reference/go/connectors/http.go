package connectors

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"iter"
	"net/http"
	"net/url"
	"strconv"
	"time"
)

// client bounds a request as a whole, its body included.
var client = &http.Client{Timeout: 30 * time.Second}

// maxRetryAfter is a year, in seconds.
const maxRetryAfter = 365 * 24 * 3600

// #region read

// ReadAPI yields pages of at most size records of a JSON API:
// GET …?after=<key>&limit=<n> answers {records, has_more}.
func ReadAPI(
	ctx context.Context, connection, cursor string, size int,
) iter.Seq2[Page, error] {
	return func(yield func(Page, error) bool) {
		address, err := resolve(connection, "http", "https")
		if err != nil {
			yield(Page{}, err)
			return
		}
		for {
			// #step Ask for the page behind the cursor
			query := address.Query()
			query.Set("after", cursor)
			query.Set("limit", strconv.Itoa(size))
			address.RawQuery = query.Encode()
			found, err := getPage(ctx, address)
			if err != nil {
				yield(Page{}, err)
				return
			}

			// #step The API says whether more follow
			page := pageOf(found.Records)
			cursor = page.Cursor
			if len(page.Records) == 0 ||
				!yield(page, nil) || !*found.HasMore {
				return
			}
		}
	}
}

// #endregion read

// #region page

// getPage gets one page, or the failure that says what to do
// next.
func getPage(
	ctx context.Context, address *url.URL,
) (apiPage, error) {
	// #step No answer: try again
	request := (&http.Request{URL: address}).WithContext(ctx)
	response, err := client.Do(request)
	if err != nil {
		return apiPage{}, Unavailable("API did not answer")
	}
	defer response.Body.Close()
	status := response.StatusCode
	answered := fmt.Sprintf("API answered %d", status)

	// #step 429: come back when the API says
	if status == http.StatusTooManyRequests {
		after := retryAfter(response.Header)
		return apiPage{}, RateLimited(answered, after)
	}

	// #step Server errors may pass; client errors do not
	if status >= 500 {
		return apiPage{}, Unavailable(answered)
	}
	if status < 200 || status > 299 {
		return apiPage{}, ValidationError(answered)
	}

	// #step Half a JSON text may be whole next time
	body, err := io.ReadAll(response.Body)
	if err != nil || !json.Valid(body) {
		return apiPage{}, Malformed("API answered broken JSON")
	}

	// #step JSON of another shape will not mend itself
	page, ok := toPage(body)
	if !ok {
		return apiPage{}, ValidationError(
			"API answered JSON without records")
	}
	return page, nil
}

// #endregion page

// apiPage is what the API answers. HasMore is a pointer to tell false from missing.
type apiPage struct {
	Records []RawRecord `json:"records"`
	HasMore *bool       `json:"has_more"`
}

// toPage reads JSON as a page; ok is false when it is of another shape.
func toPage(body []byte) (page apiPage, ok bool) {
	if err := json.Unmarshal(body, &page); err != nil || page.Records == nil || page.HasMore == nil {
		return apiPage{}, false
	}
	for _, record := range page.Records {
		if record.Data == nil {
			return apiPage{}, false
		}
		withoutNegativeZeros(record.Data)
	}
	return page, true
}

// retryAfter is the delay that the API asks for, in seconds; one second when it gives no number.
func retryAfter(header http.Header) time.Duration {
	seconds, err := strconv.ParseFloat(header.Get("Retry-After"), 64)
	if err != nil || seconds <= 0 || seconds > maxRetryAfter {
		return time.Second
	}
	return time.Duration(seconds * float64(time.Second))
}
