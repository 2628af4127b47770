//go:build !unix

package sqldb

import (
	"errors"
	"os"
)

func tryLock(*os.File) error {
	return errors.New("locking is not supported on this operating system")
}
