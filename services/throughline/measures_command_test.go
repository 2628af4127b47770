package throughline_test

import (
	"strings"
	"testing"
)

const responseMapping = `name: response
measure:
  id: id
  display_name: name
  unit: unit
  kind: {otherwise: OUTCOME}
  direction: {otherwise: DECREASE}
  frequency: {otherwise: MONTHLY}
links:
  - {subject: "programs/{id}", id: program, contribution: CONTRIBUTES}
dimension: {value: district, kind: DISTRICT}
cells:
  - {column: value, is: VALUE, period: month, format: "{YYYY}-{MM}"}
  - {column: target, is: TARGET, period: month, format: "{YYYY}-{MM}"}
`

// The command tells what became of every row, with its line, and fails when anything was refused; what was good is recorded.
func TestImportMeasuresCommand(t *testing.T) {
	c := start(t, t.TempDir())
	c.found(t, "springfield")
	mapping := write(t, "mapping.yaml", responseMapping)
	head := "id,name,unit,program,district,month,value,target\n"
	good := head + "fire,Response,minutes,p-fire,,2026-01,7.5,8\nfire,Response,minutes,p-fire,north,2026-01,9,\nfire,Response,minutes,p-fire,,2026-02,#Missing,8\n"
	bad := good + "fire,Response,minutes,p-fire,,2026-03,quick,8\nfire,Response,minutes,p-fire,,2026-02,8,8\nfire,Response,minutes,p-fire,,2026-01,7,9\n" +
		"ems," + strings.Repeat("x", 201) + ",minutes,p-ems,,2026-01,1,\n"
	goodFile, badFile := write(t, "good.csv", good), write(t, "bad.csv", bad)
	for _, tt := range []struct {
		name      string
		args      []string
		code      int
		out, says []string
	}{
		{"no organization", []string{goodFile, "--mapping", mapping}, 2, nil, []string{"organization must be the name of an organization"}},
		{"a mapping that is wrong", []string{goodFile, "--mapping", goodFile, "--organization", "springfield"}, 1, nil, []string{"good.csv"}},
		{
			"dry run",
			[]string{badFile, "--mapping", mapping, "--organization", "springfield", "--dry-run"},
			1,
			[]string{
				"bad.csv, utf-8: 2 measures", "rows: 7 read = 7 mapped + 0 skipped by rule + 0 refused", "values: 7 read = 3 to record + 1 not known + 3 refused",
				`bad.csv:5: column "value", value "quick":`, `bad.csv:2: column "value", value "7.5": line 7 gives 7`, `bad.csv:7: column "value", value "7": line 2 gives 7.5`,
				`bad.csv:2: column "target", value "8": is contradicted`, `bad.csv:7: column "target", value "9": is another target than that of line 2`,
			},
			[]string{"5 refused, as listed"},
		},
		{
			"import",
			[]string{goodFile, "--mapping", mapping, "--organization", "organizations/springfield"},
			0,
			[]string{"measures: 1 created, 0 updated, 0 unchanged, 0 refused", "values: 3 read = 2 accepted + 0 revised + 0 duplicate + 1 not known + 0 refused"},
			nil,
		},
		{
			"again",
			[]string{goodFile, "--mapping", mapping, "--organization", "springfield"},
			0,
			[]string{"measures: 0 created, 0 updated, 1 unchanged, 0 refused", "values: 3 read = 0 accepted + 0 revised + 2 duplicate + 1 not known + 0 refused"},
			nil,
		},
		{
			"what is good of a bad file",
			[]string{badFile, "--mapping", mapping, "--organization", "springfield"},
			1,
			[]string{
				"measures: 0 created, 1 updated, 0 unchanged, 1 refused", "values: 7 read = 1 accepted + 0 revised + 1 duplicate + 1 not known + 4 refused",
				`bad.csv:5: column "value", value "quick":`, `bad.csv:8: column "measure.display_name", value "ems":`, "its measure ems was refused",
			},
			[]string{"7 refused, as listed"},
		},
		{
			"targets that overlap those there",
			[]string{goodFile, "--mapping", write(t, "yearly.yaml", strings.Replace(responseMapping, "MONTHLY", "YEARLY", 1)), "--organization", "springfield"},
			1,
			[]string{"good.csv:2:", "overlaps targets[0]", "its measure fire was refused"},
			[]string{"refused, as listed"},
		},
		{"another city's token", []string{goodFile, "--mapping", mapping, "--organization", "springfield", "--token", c.token(t, "shelbyville", "m", "manager")}, 1, nil, []string{"read measures"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			code, out, complaint := c.command(t, append([]string{"import-measures", "--address", c.grpc}, tt.args...)...)
			if code != tt.code {
				t.Errorf("code %d, want %d", code, tt.code)
			}
			for _, part := range tt.out {
				if !strings.Contains(out, part) {
					t.Errorf("printed\n%s\nwant %q in it", out, part)
				}
			}
			for _, part := range tt.says {
				if !strings.Contains(complaint, part) {
					t.Errorf("said %q, want %q in it", complaint, part)
				}
			}
		})
	}
}
