// One more file of the Go worker's package, when a test counts what it executes: on SIGIO
// the worker writes its counts since the last time into GOCOVERDIR, and prints COVERED.
package main

import (
	"fmt"
	"os"
	"os/signal"
	"runtime/coverage"
	"syscall"
)

func init() {
	folder := os.Getenv("GOCOVERDIR")
	if folder == "" {
		return
	}
	asked := make(chan os.Signal, 1)
	signal.Notify(asked, syscall.SIGIO)
	go func() {
		for range asked {
			if err := take(folder); err != nil {
				fmt.Fprintln(os.Stderr, "coverage:", err)
				continue
			}
			fmt.Println("COVERED")
		}
	}()
}

func take(folder string) error {
	if err := coverage.WriteMetaDir(folder); err != nil {
		return err
	}
	if err := coverage.WriteCountersDir(folder); err != nil {
		return err
	}
	return coverage.ClearCounters()
}
