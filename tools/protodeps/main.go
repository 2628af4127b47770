// Command protodeps writes the .proto sources that our contracts import, taken from the Go packages this module pins.
//
// A schema registry is thereby not needed: the descriptors compiled into the published Go packages are printed back
// as sources. The versions are those of this module's go.mod; keep them equal to the ones in proto/go.mod.
package main

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	// Each blank import registers the descriptors of one importable folder.
	_ "buf.build/gen/go/bufbuild/protovalidate/protocolbuffers/go/buf/validate"
	_ "github.com/grpc-ecosystem/grpc-gateway/v2/protoc-gen-openapiv3/options"
	_ "google.golang.org/genproto/googleapis/api/annotations"
	_ "google.golang.org/genproto/googleapis/api/httpbody"
	_ "google.golang.org/genproto/googleapis/rpc/code"
	_ "google.golang.org/genproto/googleapis/rpc/errdetails"
	_ "google.golang.org/genproto/googleapis/rpc/status"
	_ "google.golang.org/genproto/googleapis/type/date"
	_ "google.golang.org/genproto/googleapis/type/decimal"
	_ "google.golang.org/genproto/googleapis/type/interval"
	_ "google.golang.org/genproto/googleapis/type/money"

	"github.com/jhump/protoreflect/desc" //nolint:staticcheck // protoprint's stable version speaks it; nothing else does.
	"github.com/jhump/protoreflect/desc/protoprint"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"
)

// printed are the path prefixes to write; google/protobuf is built into the compiler and left out.
var printed = []string{"buf/validate/", "google/api/", "google/rpc/", "google/type/", "protoc-gen-openapiv3/options/"}

func main() {
	out := flag.String("out", ".protodeps", "folder to write the sources into")
	flag.Parse()
	if err := run(*out, protoregistry.GlobalFiles); err != nil {
		fmt.Fprintln(os.Stderr, "protodeps:", err)
		os.Exit(1)
	}
}

// run prints every wanted file of the registry below out, leaving files that already hold the right text untouched.
func run(out string, files *protoregistry.Files) error {
	var errs []error
	files.RangeFiles(func(file protoreflect.FileDescriptor) bool {
		if wanted(file.Path()) {
			errs = append(errs, write(out, file))
		}
		return true
	})
	if len(errs) == 0 {
		return errors.New("no descriptor to print")
	}
	return errors.Join(errs...)
}

func wanted(path string) bool {
	for _, prefix := range printed {
		if strings.HasPrefix(path, prefix) {
			return true
		}
	}
	return false
}

func write(out string, file protoreflect.FileDescriptor) error {
	wrapped, err := desc.WrapFile(file)
	if err != nil {
		return fmt.Errorf("wrap %s: %w", file.Path(), err)
	}
	text, err := new(protoprint.Printer).PrintProtoToString(wrapped)
	if err != nil {
		return fmt.Errorf("print %s: %w", file.Path(), err)
	}
	target := filepath.Join(out, filepath.FromSlash(file.Path()))
	if old, readErr := os.ReadFile(target); readErr == nil && string(old) == text {
		return nil
	}
	if err := os.MkdirAll(filepath.Dir(target), 0o755); err != nil {
		return fmt.Errorf("make the folder of %s: %w", file.Path(), err)
	}
	return os.WriteFile(target, []byte(text), 0o644)
}
