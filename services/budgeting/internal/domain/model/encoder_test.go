package model_test

import (
	"bytes"
	"encoding/json"
	"math"
	"math/rand/v2"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/throughline/throughline/services/budgeting/internal/domain/model"
)

// reference is what the encodings are defined by: encoding/json without HTML escapes and without the newline at the end, of the forms below.
func reference(t *testing.T, v any) []byte {
	t.Helper()
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		t.Fatal(err)
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n"))
}

// scraps are what strings are made of: plain, escaped, and not text at all.
var scraps = []string{
	"", "a", "Fund 12", `"`, `\`, "/", "<b>&amp;</b>", "\x00", "\x1f", "\x7f", "\b\f\n\r\t\v", "é", "日本", "😀", "\u2027\u2028\u2029\u202a", "\ufffd", "\ufeff",
	"\x80", "\xc3", "\xe2\x80", "\xf0\x9f\x98", "\xed\xa0\x80", "\xff",
}

func randomText(r *rand.Rand) string {
	var b strings.Builder
	for range r.IntN(5) {
		if r.IntN(3) == 0 {
			b.WriteByte(byte(r.IntN(256)))
		} else {
			b.WriteString(scraps[r.IntN(len(scraps))])
		}
	}
	return b.String()
}

func randomInt(r *rand.Rand) int64 {
	return []int64{0, 0, 1, -1, r.Int64N(1 << 40), -r.Int64N(1 << 20), math.MaxInt64, math.MinInt64}[r.IntN(8)]
}

// fill gives every field that the type has a random value, so that a field which an encoder forgets is noticed.
func fill(r *rand.Rand, v reflect.Value) {
	switch v.Kind() {
	case reflect.Struct:
		for _, field := range v.Fields() {
			fill(r, field)
		}
	case reflect.Slice:
		if r.IntN(4) > 0 {
			v.Set(reflect.MakeSlice(v.Type(), r.IntN(4), 4))
			for i := range v.Len() {
				fill(r, v.Index(i))
			}
		}
	case reflect.Pointer:
		if r.IntN(2) == 0 {
			v.Set(reflect.New(v.Type().Elem()))
			fill(r, v.Elem())
		}
	case reflect.String:
		v.SetString(randomText(r))
	case reflect.Bool:
		v.SetBool(r.IntN(2) == 0)
	default:
		v.SetInt(randomInt(r))
	}
}

// written is v with other values in the place of some fields, which are left out where the value is nil.
func written(v any, others map[string]any) any {
	from := reflect.ValueOf(v)
	var fields []reflect.StructField
	var values []reflect.Value
	for i := range from.NumField() {
		field, value := from.Type().Field(i), from.Field(i)
		if other, ok := others[field.Name]; ok {
			if other == nil {
				continue
			}
			value = reflect.ValueOf(other)
			name, _, _ := strings.Cut(field.Tag.Get("json"), ",")
			if field.Name == "Alignment" {
				name = "levels"
			}
			field.Type, field.Tag = value.Type(), reflect.StructTag(`json:"`+name+`"`)
		}
		fields, values = append(fields, field), append(values, value)
	}
	out := reflect.New(reflect.StructOf(fields)).Elem()
	for i := range values {
		out.Field(i).Set(values[i])
	}
	return out.Interface()
}

// unless is nil for a usual value.
func unless[T comparable](usual, v T) any {
	if v == usual {
		return nil
	}
	return v
}

// all applies a form to every item; nil stays null.
func all[T any](items []T, form func(int, T) any) []any {
	if items == nil {
		return nil
	}
	out := []any{}
	for i, item := range items {
		out = append(out, form(i, item))
	}
	return out
}

func inputForm(in model.Input) any {
	return written(in, map[string]any{"Programs": all(in.Programs, func(i int, p model.Program) any {
		version := ""
		if i > 0 {
			version = in.Programs[i-1].Version
		}
		others := map[string]any{"Version": unless(version, p.Version), "CostLines": all(p.CostLines, func(i int, l model.CostLine) any {
			return row(written(l, map[string]any{
				"ID": unless(strconv.Itoa(i), l.ID), "Treatment": unless(model.Competes, l.Treatment), "Fund": nil, "Amount": nil,
			}), l.Fund, l.Amount)
		})}
		if levels := levelsOf(in.Goals, p.Alignment); levels != "" {
			others["Alignment"] = levels
		}
		return written(p, others)
	})})
}

// row is a list of items, and of what is in the object of others.
func row(others any, items ...any) []any {
	if b, err := json.Marshal(others); err == nil && string(b) == "{}" {
		return items
	}
	return append(items, others)
}

// levelsOf pairs goals and alignments by a look-up, and is empty where the order, the goals or the levels are not as they must be.
func levelsOf(goals []model.Goal, alignment []model.Alignment) string {
	out := strings.Repeat("-", len(goals))
	from := 0
	for _, a := range alignment {
		at := slices.IndexFunc(goals[from:], func(g model.Goal) bool { return g.ID == a.Goal })
		if at < 0 || a.Level < 0 || a.Level > 4 {
			return ""
		}
		out = out[:from+at] + strconv.FormatInt(a.Level, 10) + out[from+at+1:]
		from += at + 1
	}
	if len(alignment) == 0 {
		return ""
	}
	return out
}

func planForm(p model.Plan) any {
	others := map[string]any{"Lines": any(nil)}
	type lines struct {
		Program string `json:"program"`
		ScoreBP int64  `json:"score_bp,omitempty"`
		Lines   []any  `json:"lines"`
	}
	programs := []lines{}
	for i, l := range p.Lines {
		if i == 0 || p.Lines[i-1].Program != l.Program {
			of := lines{Program: l.Program}
			for _, l := range p.Lines[i:] {
				if l.Program != of.Program {
					break
				}
				if l.Treatment == model.Competes {
					of.ScoreBP = l.ScoreBP
					break
				}
			}
			programs = append(programs, of)
		}
		of := &programs[len(programs)-1]
		of.Lines = append(of.Lines, lineForm(p, l, of.ScoreBP))
	}
	if others["Lines"] = programs; p.Lines == nil {
		others["Lines"] = []lines(nil)
	}
	if p.WithoutEquity != nil {
		others["WithoutEquity"] = planForm(*p.WithoutEquity)
	}
	return written(p, others)
}

func lineForm(p model.Plan, l model.Line, score int64) any {
	others := map[string]any{
		"Program": nil, "Fund": nil, "Base": nil, "Min": nil, "Amount": nil, "Treatment": unless(model.Competes, l.Treatment), "CostLines": unless(1, l.CostLines),
		"Max":     unless(l.Base, l.Max),
		"Movable": unless(0, l.Movable), "ScoreBP": unless(0, l.ScoreBP), "Reason": unless(model.OffTheTop, l.Reason), "Block": unless(-1, l.Block),
	}
	if l.Treatment == model.Competes {
		block := -1
		if k := slices.IndexFunc(p.Funds, func(f model.FundResult) bool { return f.Fund == l.Fund }); k >= 0 {
			block = p.Funds[k].Block
		}
		others["Movable"], others["Reason"], others["Block"] = unless(max(0, l.Base-l.Floor), l.Movable), unless(model.AtRate, l.Reason), unless(block, int(l.Block))
		others["ScoreBP"] = unless(score, l.ScoreBP)
	}
	others["Paid"] = append([]model.Payment{}, l.Paid...)
	if (l.Amount == 0 && len(l.Paid) == 0) || (l.Amount != 0 && slices.Equal(l.Paid, []model.Payment{{Fund: l.Fund, Amount: l.Amount}})) {
		others["Paid"] = nil
	}
	if l.Min == l.Base && l.Amount == l.Base {
		return row(written(l, others), l.Fund, l.Base)
	}
	return row(written(l, others), l.Fund, l.Base, l.Min, l.Amount)
}

func TestInputsAndPlansAreEncodedAsEncodingJSONDoesWithoutWhatFollows(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 8))
	for range 4000 {
		var in model.Input
		fill(r, reflect.ValueOf(&in).Elem())
		if r.IntN(2) == 0 {
			in = in.Normalize()
		}
		usualInput(r, &in)
		want := reference(t, inputForm(in.Normalize()))
		if got, _ := in.Canonical(); !bytes.Equal(got, want) {
			t.Fatalf("input\n%s\nwant\n%s", got, want)
		}
		var plan model.Plan
		fill(r, reflect.ValueOf(&plan).Elem())
		usualLines(r, &plan)
		got, _ := plan.Encode()
		if want := reference(t, planForm(plan)); !bytes.Equal(got, want) {
			t.Fatalf("plan\n%s\nwant\n%s", got, want)
		}
		if hash, _ := plan.Hash(); hash != model.Digest(got) {
			t.Fatalf("hash %s of\n%s", hash, got)
		}
	}
}

// usualInput makes some of an input what is left out.
func usualInput(r *rand.Rand, in *model.Input) {
	for i := range in.Programs {
		p := &in.Programs[i]
		if r.IntN(2) == 0 {
			p.Alignment = nil
			for _, g := range in.Goals {
				if r.IntN(3) > 0 {
					p.Alignment = append(p.Alignment, model.Alignment{Goal: g.ID, Level: r.Int64N(5)})
				}
			}
		}
		for j := range p.CostLines {
			if i > 0 && r.IntN(2) == 0 {
				p.Version = in.Programs[i-1].Version
			}
			if r.IntN(2) == 0 {
				p.CostLines[j].ID = strconv.Itoa(j)
			}
			if r.IntN(2) == 0 {
				p.CostLines[j].Treatment = model.Competes
			}
		}
	}
}

// usualLines makes some fields of lines what they are left out for, and others nearly that.
func usualLines(r *rand.Rand, p *model.Plan) {
	for i := range p.Lines {
		l := &p.Lines[i]
		some := func() bool { return r.IntN(2) == 0 }
		if some() {
			l.Treatment = []model.Treatment{model.Competes, model.MustPay}[r.IntN(2)]
		}
		if some() && i > 0 {
			l.Program = p.Lines[i-1].Program
		}
		if some() {
			l.CostLines, l.Movable = 1, []int64{0, l.Base - l.Floor, max(0, l.Base-l.Floor)}[r.IntN(3)]
		}
		if some() {
			l.Min, l.Max, l.Amount = l.Base, l.Base, l.Base
		}
		if some() {
			l.Reason, l.Block = []model.Reason{model.AtRate, model.OffTheTop}[r.IntN(2)], []int32{0, -1}[r.IntN(2)]
		}
		if len(p.Funds) > 0 && some() {
			f := &p.Funds[r.IntN(len(p.Funds))]
			l.Fund, l.Block = f.Fund, int32(f.Block)
		}
		if i > 0 && some() {
			l.ScoreBP = p.Lines[i-1].ScoreBP
		}
		if some() {
			l.Paid = []model.Payment{{Fund: l.Fund, Amount: l.Amount}}
		}
	}
	if p.WithoutEquity != nil {
		usualLines(r, p.WithoutEquity)
	}
}

// What plans leave out comes back, and nothing else does.
func TestPlansComeBackWhole(t *testing.T) {
	r := rand.New(rand.NewPCG(9, 10))
	for range 4000 {
		plan := model.Plan{Schema: model.SchemaVersion, Funds: []model.FundResult{{Fund: "a", Block: r.IntN(3)}, {Fund: "é", Block: -1}}}
		for range r.IntN(5) {
			var l model.Line
			fill(r, reflect.ValueOf(&l).Elem())
			l.Program, l.Fund, l.Treatment, l.Reason = randomID(r), randomID(r), model.Treatment(randomID(r)), model.Reason(randomID(r))
			for j := range l.Paid {
				l.Paid[j].Fund = randomID(r)
			}
			if len(l.Paid) == 0 {
				l.Paid = nil
			}
			plan.Lines = append(plan.Lines, l)
		}
		usualLines(r, &plan)
		b, _ := plan.Encode()
		read, err := model.DecodePlan(b)
		if err != nil {
			t.Fatalf("%v:\n%s", err, b)
		}
		if !reflect.DeepEqual(read.Lines, plan.Lines) {
			t.Fatalf("lines\n%+v\nwant\n%+v\nof %s", read.Lines, plan.Lines, b)
		}
	}
}

func randomID(r *rand.Rand) string { return []string{"", "a", "Fund 12", "é"}[r.IntN(4)] }

// The long form of what is left out is refused: a plan has one encoding.
func TestLongFormsAreNotCanonical(t *testing.T) {
	line := model.Line{
		Program: "p", Fund: "f", Treatment: model.Competes, CostLines: 1, Base: 7, Movable: 7, ScoreBP: 5, Min: 7, Max: 7, Amount: 7, Reason: model.AtRate,
		Block: 2, Paid: []model.Payment{{Fund: "f", Amount: 7}},
	}
	low := line
	low.Min = 3
	plan := model.Plan{Schema: model.SchemaVersion, Funds: []model.FundResult{{Fund: "f", Block: 2}}, Lines: []model.Line{line, line, low}}
	short, _ := plan.Encode()
	const whole = `"lines":[{"program":"p","score_bp":5,"lines":[["f",7],["f",7],["f",7,3,7]]}]`
	if !strings.Contains(string(short), whole) {
		t.Fatalf("lines are written as %s", short)
	}
	refused := func(changed string) {
		t.Helper()
		if _, err := model.DecodePlan([]byte(strings.Replace(string(short), whole, changed, 1))); err == nil || !strings.Contains(err.Error(), "canonical form") {
			t.Errorf("%s: error %v", changed, err)
		}
	}
	for _, long := range []string{
		`"program":"p"`, `"treatment":"COMPETES"`, `"one_time":false`, `"cost_lines":1`, `"gross":7`, `"revenue":0`, `"floor":0`, `"movable":7`, `"score_bp":5`, `"max":7`,
		`"odd":0`, `"change":0`, `"reason":"AT_RATE"`, `"block":2`, `"revenue_lost":0`, `"paid":[{"fund":"f","amount":7}]`, `"paid":null`, `"x":1`, ``,
	} {
		refused(strings.Replace(whole, `["f",7,3,7]`, `["f",7,3,7,{`+long+`}]`, 1))
		refused(strings.Replace(whole, `["f",7],`, `["f",7,{`+long+`}],`, 1))
	}
	refused(strings.Replace(whole, `["f",7],`, `["f",7,7,7],`, 1))
	refused(strings.Replace(whole, `,["f",7,3,7]`, `]},{"program":"p","score_bp":5,"lines":[["f",7,3,7]`, 1))
	refused(strings.Replace(whole, `"score_bp":5,"lines":[["f",7],["f",7],["f",7,3,7]]`, `"lines":[["f",7,{"score_bp":5}],["f",7,{"score_bp":5}],["f",7,3,7,{"score_bp":5}]]`, 1))
	refused(strings.Replace(whole, `]}]`, `]},{"program":"q","lines":[]}]`, 1))
	for _, spoilt := range []string{`["f"]`, `["f",7,3]`, `["f",7,3,7,{},{}]`, `[7,"f"]`, `["f",7.5]`} {
		if _, err := model.DecodePlan([]byte(strings.Replace(string(short), `["f",7,3,7]`, spoilt, 1))); err == nil {
			t.Errorf("%s is read", spoilt)
		}
	}
	in := valid()
	in.Programs[0].CostLines[0].ID = "0"
	in.Programs[0].Version, in.Programs[1].Version = "1", "1"
	b, _ := in.Canonical()
	goal, cost := in.Goals[0].ID, `["`+in.Programs[0].CostLines[0].Fund+`",`+strconv.FormatInt(in.Programs[0].CostLines[0].Amount, 10)
	for _, tc := range []struct{ short, long string }{
		{cost, cost + `,{"id":"0"}`},
		{cost, cost + `,{"treatment":"COMPETES"}`},
		{cost, cost + `,{}`},
		{`{"id":"` + in.Programs[1].ID + `",`, `{"id":"` + in.Programs[1].ID + `","version":"1",`},
		{`"levels":"`, `"alignment":[{"goal":"` + goal + `","level":1}],"levels":"`},
		{`"levels":"`, `"levels":"-`},
	} {
		if !strings.Contains(string(b), tc.short) {
			t.Fatalf("no %s in %s", tc.short, b)
		}
		if _, err := model.Decode([]byte(strings.Replace(string(b), tc.short, tc.long, 1))); err == nil {
			t.Errorf("%s is read", tc.long)
		}
	}
}

func FuzzTextIsEncodedAsEncodingJSONDoes(f *testing.F) {
	for _, s := range scraps {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		plan := model.Plan{InputHash: s}
		if got, _ := plan.Encode(); !bytes.Equal(got, reference(t, plan)) {
			t.Fatalf("plan\n%s\nwant\n%s", got, reference(t, plan))
		}
	})
}

// Whatever bytes are read as a plan or as an input are the bytes that it is written in.
func FuzzWhatIsReadIsCanonical(f *testing.F) {
	in := valid()
	b, _ := in.Canonical()
	f.Add(b)
	line := model.Line{Program: "p", Fund: "f", Base: 7, Amount: 7}
	b, _ = model.Plan{Schema: model.SchemaVersion, Lines: []model.Line{line}}.Encode()
	f.Add(b)
	f.Fuzz(func(t *testing.T, b []byte) {
		if plan, err := model.DecodePlan(b); err == nil {
			if again, _ := plan.Encode(); !bytes.Equal(again, b) {
				t.Fatalf("plan %s is written as %s", b, again)
			}
		}
		if in, err := model.Decode(b); err == nil {
			if again, _ := in.Canonical(); !bytes.Equal(again, b) {
				t.Fatalf("input %s is written as %s", b, again)
			}
		}
	})
}

func TestIntegersAreWrittenAsStrconvDoes(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	for i := range int64(20_000) {
		v := []int64{i, -i, r.Int64() >> r.IntN(63), -r.Int64() >> r.IntN(63), math.MinInt64, math.MaxInt64}[i%6]
		b, _ := model.Plan{Schema: int(v)}.Encode()
		if want := `{"schema":` + strconv.FormatInt(v, 10) + ","; !strings.HasPrefix(string(b), want) {
			t.Fatalf("%s, want %s", b[:40], want)
		}
	}
}
