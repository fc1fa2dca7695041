//go:build unix

package connectors

import (
	"io/fs"
	"os"
	"syscall"
)

// isOurs reports whether what was found belongs to our user.
func isOurs(found fs.FileInfo) bool {
	system, ok := found.Sys().(*syscall.Stat_t)
	return ok && int(system.Uid) == os.Getuid()
}
