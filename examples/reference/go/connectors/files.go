package connectors

import (
	"context"
	"crypto/rand"
	"errors"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"time"
)

// #region atomic

// writeAtomically writes a file that is there whole or not
// at all.
func writeAtomically(file string, body []byte) error {
	// Two attempts may write at once: each under its own name.
	temporary := file + "." + rand.Text() + ".tmp"

	// #step Write under a name that nobody reads
	err := os.MkdirAll(filepath.Dir(file), 0o777)
	if err == nil {
		err = os.WriteFile(temporary, body, 0o666)
	}

	// #step Rename: readers see the old file or the new
	if err == nil {
		err = os.Rename(temporary, file)
	}
	if err != nil {
		// #step Nothing half-written stays behind
		_ = os.Remove(temporary)
		return Unavailable("folder cannot be written")
	}
	return nil
}

// #endregion atomic

// A lock that is older was left by a process that died.
const (
	staleAfter = 10 * time.Second
	lookAgain  = 5 * time.Millisecond
)

// locked runs use while no other process holds the lock of file. Who dies with the lock loses it
// after ten seconds.
func locked(ctx context.Context, file string, use func() error) error {
	lock := file + ".lock"
	if err := os.MkdirAll(filepath.Dir(file), 0o777); err != nil {
		return err
	}
	for {
		err := takeLock(lock)
		if err == nil {
			break
		}
		if !errors.Is(err, fs.ErrExist) {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(lookAgain):
		}
	}
	defer func() { _ = os.Remove(lock) }()
	return use()
}

// takeLock makes the lock. fs.ErrExist says that another has it.
func takeLock(lock string) error {
	made, err := os.OpenFile(lock, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o666)
	if err == nil {
		return made.Close()
	}
	held, missing := os.Stat(lock)
	if missing == nil && time.Since(held.ModTime()) > staleAfter {
		_ = os.Remove(lock)
	}
	return err
}

// localPath is the path behind a file URL; empty, and so neither readable nor writable, for others.
func localPath(uri string) string {
	address, err := url.Parse(uri)
	if err != nil || address.Scheme != "file" {
		return ""
	}
	return address.Path
}
