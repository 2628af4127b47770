package modeltest

import (
	"os"
	"path/filepath"
	"runtime"
	"testing"
)

// Shared is a file or folder of the real city data, which lies outside the project: the test is skipped where it is absent.
func Shared(t testing.TB, path ...string) string {
	t.Helper()
	root := os.Getenv("THROUGHLINE_SHARED_DATA")
	if root == "" {
		_, file, _, _ := runtime.Caller(0)
		root = filepath.Join(filepath.Dir(file), "..", "..", "..", "..", "..", "..", "shared", "data")
	}
	found := filepath.Join(append([]string{root}, path...)...)
	if _, err := os.Stat(found); err != nil {
		t.Skipf("the real data are not here (%v); set THROUGHLINE_SHARED_DATA to their folder to run this test", err)
	}
	return found
}
