package rosterfile

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/throughline/throughline/services/platform/fault"
)

func mapping(t *testing.T, text string) (Mapping, error) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "mapping.yaml")
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return OpenMapping(file)
}

const plain = "name: x\nemployee: {external_id: id, display_name: name}\n"

func TestMappingsAreChecked(t *testing.T) {
	for name, c := range map[string]struct {
		text string
		want []string // fields at fault
	}{
		"the least":      {plain, nil},
		"nothing":        {"", []string{}},
		"an unknown key": {plain + "jobs: {}\n", []string{"line 3"}},
		"nobody named":   {"name: x\n", []string{"employee.external_id", "employee.display_name"}},
		"all at once": {
			"name: X y\norganization: A\nencoding: ebcdic\ndate_formats: ['{YY}', '{YYYY}-{MM}', '{YYYY}{MM}{DD}']\nskip: [{name: a}, {name: a, when: {x: '*'}}]\n" +
				"employee: {external_id: {column: a, const: b}, display_name: n, leave_end: l, status: {from: s, values: {A: WORKS}, otherwise: GONE}}\njob: {fte: {from: f, full_time: '0'}}\n",
			[]string{
				"name", "organization", "encoding", "date_formats[0]", "date_formats[1]", "skip[0].when", "skip[1].name", "employee.external_id",
				"employee.status.values.A", "employee.status.otherwise", "employee.leave_end", "job.fte.full_time",
			},
		},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := mapping(t, c.text)
			if (err == nil) != (c.want == nil) {
				t.Fatalf("error %v", err)
			}
			var got []string
			if f, ok := fault.As(err); ok {
				for _, v := range f.Violations {
					got = append(got, v.Field)
				}
			}
			if !slices.Equal(got, c.want) {
				t.Errorf("fields %q, want %q: %v", got, c.want, err)
			}
		})
	}
}

func TestDaysAsTheyAreWritten(t *testing.T) {
	for _, c := range []struct{ format, text, want string }{
		{"{YYYY}-{MM}-{DD}", "2027-02-28", "2027-2-28"},
		{"{YYYY}-{MM}-{DD}", "2027-02-30", ""},
		{"{YYYY}-{MM}-{DD}", "2027-2-28", ""},
		{"{M}/{D}/{YYYY}", "2/28/2027", "2027-2-28"},
		{"{DD}.{MM}.{YYYY}", "28.02.2027", "2027-2-28"},
		{"{MM}/{DD}/{YYYY} *", "02/28/2027 12:00:00 AM", "2027-2-28"},
		{"{MM}/{DD}/{YYYY}", "02/28/2027 12:00:00 AM", ""},
	} {
		f, err := newDateFormat(c.format)
		if err != nil {
			t.Fatal(err)
		}
		got := ""
		if day, fits := f.read(c.text); fits {
			got = fmt.Sprintf("%d-%d-%d", day.GetYear(), day.GetMonth(), day.GetDay())
		}
		if got != c.want {
			t.Errorf("%q as %q is %q, want %q", c.text, c.format, got, c.want)
		}
	}
}

func TestShares(t *testing.T) {
	for _, c := range []struct {
		text, full string
		want       int32
	}{
		{"1", "1", 1_000_000},
		{"0.333333", "1", 333_333},
		{"37.5", "40", 937_500},
		{"80", "100", 800_000},
		{"1", "3", 333_333},
		{"2", "3", 666_667},
		{"0.0000001", "1", 1},
		{"0", "1", 0},
		{"-1", "1", 0},
		{"1.01", "1", 0},
		{"1e3", "1", 0},
		{"half", "1", 0},
		{"1,5", "1", 0},
	} {
		got := int32(0)
		full, _ := decimal(c.full)
		if n, ok := decimal(c.text); ok {
			got, _ = share(n, full)
		}
		if got != c.want {
			t.Errorf("%s of %s is %d ppm, want %d", c.text, c.full, got, c.want)
		}
	}
}

func TestFilesThatDoNotFit(t *testing.T) {
	m, err := mapping(t, plain)
	if err != nil {
		t.Fatal(err)
	}
	read := func(text string) (*Parsed, error) {
		return Read(t.Context(), m, "r.csv", io.NopCloser(strings.NewReader(text)))
	}
	if _, err := read("id,title\n1,x\n"); fault.Reason(err) != "MAPPING_MISFIT" || !strings.Contains(err.Error(), `employee.display_name: r.csv has no column "name"`) {
		t.Errorf("error %v", err)
	}
	if _, err := read(""); fault.Reason(err) != "FILE_UNREADABLE" {
		t.Errorf("error %v", err)
	}
	p, err := read("id,name\n1,Ann\n2\n\n3,\"Bo\n4,Cy\n")
	if err != nil || p.Read != p.Mapped+p.Skipped+p.Rejected || p.Mapped != 1 || p.Rejected != 2 || len(p.Rows) != 1 || p.Rows[0].GetDisplayName() != "Ann" ||
		p.Errors[0].Line != 3 || p.Errors[1].Line != 5 {
		t.Errorf("%+v, %v", p, err)
	}
}
