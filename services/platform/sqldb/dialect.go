package sqldb

import (
	"bytes"
	"io/fs"
	"path"
	"regexp"
	"time"
)

// postgresDir is the folder, beside migration files, of those that replace a file of the same name on PostgreSQL, where a statement has no form
// common to both engines.
const postgresDir = "postgres"

// postgresFiles is a folder of migrations as PostgreSQL takes them: SQLite's types by their PostgreSQL names, and texts ordered by their bytes.
type postgresFiles struct{ fs.FS }

func (f postgresFiles) Open(name string) (fs.File, error) {
	if path.Ext(name) != ".sql" {
		return f.FS.Open(name)
	}
	text, err := fs.ReadFile(f.FS, path.Join(path.Dir(name), postgresDir, path.Base(name)))
	if err == nil {
		return newTextFile(name, text), nil
	}
	if text, err = fs.ReadFile(f.FS, name); err != nil {
		return nil, err
	}
	return newTextFile(name, []byte(postgresTypes(string(text)))), nil
}

// ReadDir is of the folder as it is: the names are the same.
func (f postgresFiles) ReadDir(name string) ([]fs.DirEntry, error) { return fs.ReadDir(f.FS, name) }

var (
	sqliteType    = regexp.MustCompile(`\b(BLOB|INTEGER|REAL|TEXT)\b`)
	postgresTypes = func(sql string) string {
		var b bytes.Buffer
		eachPlain(sql, func(plain bool, part string) {
			if plain {
				part = sqliteType.ReplaceAllStringFunc(part, func(name string) string { return typeNames[name] })
			}
			b.WriteString(part)
		})
		return b.String()
	}
	typeNames = map[string]string{"BLOB": "BYTEA", "INTEGER": "BIGINT", "REAL": "DOUBLE PRECISION", "TEXT": `TEXT COLLATE "C"`}
)

// textFile is a file in memory.
type textFile struct {
	*bytes.Reader

	name string
	size int64
}

func newTextFile(name string, text []byte) *textFile {
	return &textFile{Reader: bytes.NewReader(text), name: path.Base(name), size: int64(len(text))}
}

func (f *textFile) Stat() (fs.FileInfo, error) { return f, nil }
func (f *textFile) Close() error               { return nil }
func (f *textFile) Name() string               { return f.name }
func (f *textFile) Size() int64                { return f.size }
func (f *textFile) Mode() fs.FileMode          { return 0o444 }
func (f *textFile) ModTime() time.Time         { return time.Time{} }
func (f *textFile) IsDir() bool                { return false }
func (f *textFile) Sys() any                   { return nil }
