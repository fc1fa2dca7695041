package connectors

import (
	"crypto/rand"
	"net/url"
	"os"
	"path/filepath"
)

// #region aside

// writeAside writes a file that is there whole or not at all.
func writeAside(file string, body []byte) error {
	// Two attempts may write at once: each under its own name.
	aside := file + "." + rand.Text() + ".tmp"

	// #step Write under a name that nobody reads
	err := os.MkdirAll(filepath.Dir(file), 0o777)
	if err == nil {
		err = os.WriteFile(aside, body, 0o666)
	}

	// #step Rename: readers see the old file or the new
	if err == nil {
		err = os.Rename(aside, file)
	}
	if err != nil {
		// #step Nothing half-written stays behind
		_ = os.Remove(aside)
		return Unavailable("folder cannot be written")
	}
	return nil
}

// #endregion aside

// writePart writes one part into the folder that a connection string names.
func writePart(connection, name string, body []byte) error {
	folder, err := resolve(connection, "file")
	if err != nil {
		return err
	}
	return writeAside(filepath.Join(folder.Path, name), body)
}

// localPath is the path behind a file URL; empty, and so neither readable nor writable, for others.
func localPath(uri string) string {
	address, err := url.Parse(uri)
	if err != nil || address.Scheme != "file" {
		return ""
	}
	return address.Path
}
