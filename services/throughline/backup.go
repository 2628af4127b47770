package throughline

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"github.com/throughline/throughline/services/platform/sqldb"
)

// manifestName is the file that makes a folder a backup; it is written last.
const manifestName = "manifest.json"

// manifest says what a backup holds.
type manifest struct {
	Format int               `json:"format"`
	Time   time.Time         `json:"time"`
	Files  map[string]string `json:"files"` // name to SHA-256 (hex)
}

// ErrNotEmpty says that a folder would be overwritten.
var ErrNotEmpty = errors.New("is not empty")

// Backup copies the four databases as they are at one moment into the new folder out. The suite may be running: its
// writers wait meanwhile. The local key is not part of a backup; tokens are minted anew after a restore elsewhere.
func Backup(ctx context.Context, dataDir, out string, now time.Time) error {
	if err := emptyDir(out); err != nil {
		return err
	}
	files := map[string]string{}
	for _, d := range Databases() {
		from := databaseFile(dataDir, d.Service)
		if _, err := os.Stat(from); err != nil {
			return fmt.Errorf("%s holds no suite to back up: %w", dataDir, err)
		}
		files[from] = databaseFile(out, d.Service)
	}
	if err := sqldb.Copy(ctx, files); err != nil {
		return err
	}
	m := manifest{Format: 1, Time: now.UTC(), Files: map[string]string{}}
	for _, to := range files {
		sum, err := digest(to)
		if err != nil {
			return err
		}
		m.Files[filepath.Base(to)] = sum
	}
	text, err := json.MarshalIndent(m, "", "  ")
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(out, manifestName), append(text, '\n'), 0o600)
}

// Restore puts a backup into the data directory. Files that are already there are refused, or with replace moved into a
// folder "replaced-TIME" beside the new ones, never deleted. The suite must not be running.
func Restore(ctx context.Context, backup, dataDir string, replace bool, now time.Time) (err error) {
	if err := check(ctx, backup); err != nil {
		return err
	}
	if err := os.MkdirAll(dataDir, 0o700); err != nil {
		return fmt.Errorf("make the data directory: %w", err)
	}
	release, err := sqldb.LockDir(dataDir)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, release()) }()
	if err := setAside(dataDir, replace, now); err != nil {
		return err
	}
	for _, d := range Databases() { // what else a manifest may name is not ours
		if err := copyFile(databaseFile(backup, d.Service), databaseFile(dataDir, d.Service)); err != nil {
			return err
		}
	}
	return nil
}

// check reads the manifest and holds every file against it.
func check(ctx context.Context, backup string) error {
	var m manifest
	text, err := os.ReadFile(filepath.Join(backup, manifestName))
	if err != nil {
		return fmt.Errorf("%s is no finished backup: %w", backup, err)
	}
	if err := json.Unmarshal(text, &m); err != nil || m.Format != 1 {
		return fmt.Errorf("%s has a manifest of another format; restore it with the version that made it", backup)
	}
	for _, d := range Databases() {
		path := databaseFile(backup, d.Service)
		sum, err := digest(path)
		if err != nil {
			return err
		}
		if want := m.Files[filepath.Base(path)]; sum != want {
			return fmt.Errorf("%s is damaged: its SHA-256 is %s, the manifest says %s", path, sum, want)
		}
		if err := sqldb.CheckIntegrity(ctx, path); err != nil {
			return err
		}
	}
	return nil
}

// setAside moves databases that are already there out of the way.
func setAside(dataDir string, replace bool, now time.Time) error {
	var there []string
	for _, d := range Databases() {
		for _, suffix := range []string{"", "-wal", "-shm"} {
			path := databaseFile(dataDir, d.Service) + suffix
			if _, err := os.Stat(path); err == nil {
				there = append(there, path)
			}
		}
	}
	if len(there) == 0 {
		return nil
	}
	if !replace {
		return fmt.Errorf("data directory %s %w; use --replace to set its databases aside", dataDir, ErrNotEmpty)
	}
	aside := filepath.Join(dataDir, "replaced-"+now.UTC().Format("20060102T150405Z"))
	if err := os.Mkdir(aside, 0o700); err != nil {
		return err
	}
	for _, path := range there {
		if err := os.Rename(path, filepath.Join(aside, filepath.Base(path))); err != nil {
			return err
		}
	}
	return nil
}

func emptyDir(dir string) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	entries, err := os.ReadDir(dir)
	if err == nil && len(entries) > 0 {
		err = fmt.Errorf("backup folder %s %w; name a new one", dir, ErrNotEmpty)
	}
	return err
}

func digest(path string) (string, error) {
	f, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer f.Close()
	h := sha256.New()
	if _, err := io.Copy(h, f); err != nil {
		return "", err
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}

// copyFile copies durably: the data reaches the disk before it answers.
func copyFile(from, to string) (err error) {
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer in.Close()
	out, err := os.OpenFile(to, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, out.Close()) }()
	if _, err := io.Copy(out, in); err != nil {
		return err
	}
	return out.Sync()
}
