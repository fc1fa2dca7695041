package connectors

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"time"
)

// The modes of files: for all whom the umask lets, or for our user.
const (
	forAll fs.FileMode = 0o666
	forUs  fs.FileMode = 0o600
)

// #region atomic

// writeAtomically writes a file that is there whole or not
// at all. The mode says who may read it, the umask permitting.
func writeAtomically(
	file string, body []byte, mode fs.FileMode,
) error {
	// Two attempts may write at once: each under its own name.
	temporary := file + "." + rand.Text() + ".tmp"

	// #step Write under a name that nobody reads
	err := os.MkdirAll(filepath.Dir(file), 0o777)
	if err == nil {
		err = os.WriteFile(temporary, body, mode)
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

// lock is held, or was: who is frozen with it for long loses it.
type lock struct{ path, owner string }

// check fails when another has taken it: ask right before a write.
func (l lock) check() error {
	holder, err := os.ReadFile(l.path)
	if err == nil && string(holder) != l.owner {
		return errors.New("lock was lost")
	}
	return err
}

// locked runs use while no other process holds the lock of file. Who dies with the lock, or is frozen,
// loses it after ten seconds.
func locked(ctx context.Context, file string, use func(held lock) error) error {
	held := lock{file + ".lock", rand.Text()}
	if err := os.MkdirAll(filepath.Dir(file), 0o777); err != nil {
		return err
	}
	for {
		err := held.take()
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
	defer func() {
		if held.check() == nil {
			_ = os.Remove(held.path)
		}
	}()
	return use(held)
}

// take makes the lock. fs.ErrExist says that another has it.
func (l lock) take() error {
	made, err := os.OpenFile(l.path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o666)
	if err != nil {
		_ = l.removeStale() // the next look sees what became of it
		return err
	}
	_, err = made.WriteString(l.owner)
	return errors.Join(err, made.Close())
}

// removeStale takes away only the lock that was seen to be stale: another waiter may have put its own
// there meanwhile.
func (l lock) removeStale() error {
	held, err := os.Stat(l.path)
	if err != nil || time.Since(held.ModTime()) <= staleAfter {
		return err
	}
	stale, err := os.ReadFile(l.path)
	if err != nil {
		return err
	}
	aside := l.path + "." + rand.Text() + ".tmp"
	if err := os.Rename(l.path, aside); err != nil {
		return err
	}
	moved, err := os.ReadFile(aside)
	if err == nil && !bytes.Equal(moved, stale) {
		_ = os.Link(aside, l.path) // it may be there again
	}
	return errors.Join(err, os.Remove(aside))
}

// localPath is the path behind a file URL; empty, and so neither readable nor writable, for others.
func localPath(uri string) string {
	address, err := url.Parse(uri)
	if err != nil || address.Scheme != "file" {
		return ""
	}
	return address.Path
}
