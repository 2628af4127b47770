package measurefile

import (
	"context"
	"fmt"
	"io"
	"strings"
	"testing"
)

func BenchmarkRead(b *testing.B) {
	for name, format := range map[string]string{
		"csv": "m-%d,Measure,%d,%d,\n", "json": `{"id": "m-%d", "name": "Measure", "year": %d, "result": %d, "goal": null}` + "\n",
	} {
		b.Run(name, func(b *testing.B) {
			text, mapping := "id,name,year,result,goal\n", small
			if name == "json" {
				text, mapping = "", "format: JSON_LINES\n"+small
			}
			var file strings.Builder
			file.WriteString(text)
			for i := range 20_000 {
				fmt.Fprintf(&file, format, i/200, 1990+i%200, i)
			}
			m, err := LoadMapping(strings.NewReader(mapping))
			if err != nil {
				b.Fatal(err)
			}
			b.SetBytes(int64(file.Len()))
			b.ReportAllocs()
			for b.Loop() {
				p, err := Read(context.Background(), m, "f", io.NopCloser(strings.NewReader(file.String())), nil)
				if err != nil || len(p.Rows) != 20_000 {
					b.Fatal(err)
				}
			}
		})
	}
}
