package cli

import (
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"

	"github.com/mattn/go-isatty"
	"github.com/schollz/progressbar/v3"

	"github.com/throughline/throughline/services/platform/wire"
	"github.com/throughline/throughline/services/throughline/internal/budgetfile"
	"github.com/throughline/throughline/services/throughline/internal/importer"
)

// progress shows long work as bars, one for each stage; nothing unless out is a terminal.
type progress struct {
	out   io.Writer
	stage string
	bar   *progressbar.ProgressBar
}

func newProgress(out io.Writer) *progress {
	if f, ok := out.(*os.File); !ok || !isatty.IsTerminal(f.Fd()) {
		return &progress{}
	}
	return &progress{out: out}
}

// step says how far a stage has come.
func (p *progress) step(stage string, done, total int) {
	if p.out == nil {
		return
	}
	if stage != p.stage {
		p.done()
		p.stage = stage
		p.bar = progressbar.NewOptions(total,
			progressbar.OptionSetWriter(p.out), progressbar.OptionSetDescription(stage), progressbar.OptionSetWidth(30),
			progressbar.OptionShowCount(), progressbar.OptionClearOnFinish())
	}
	_ = p.bar.Set(done) // a bar that cannot be drawn is no reason to stop
}

// files shows how far the reading of budget files has come, a stage each.
func (p *progress) files() budgetfile.Option {
	return budgetfile.WithProgress(func(at budgetfile.Progress) { p.step(at.File, int(at.Read), int(at.Total)) })
}

// done ends the current bar.
func (p *progress) done() {
	if p.bar != nil {
		_ = p.bar.Finish()
		p.bar, p.stage = nil, ""
	}
}

// amount is minor units for people: 1,234.50 USD.
func amount(currency string, minor int64) string {
	m := wire.Money(currency, minor)
	units, sign := m.GetUnits(), ""
	if minor < 0 {
		sign, units = "-", -units
	}
	text := strconv.FormatInt(units, 10)
	for i := len(text) - 3; i > 0; i -= 3 {
		text = text[:i] + "," + text[i:]
	}
	if digits := wire.MinorDigits(currency); digits > 0 {
		nanos := m.GetNanos()
		if nanos < 0 {
			nanos = -nanos
		}
		text += "." + fmt.Sprintf("%09d", nanos)[:digits]
	}
	return strings.TrimSpace(sign + text + " " + currency)
}

// sum adds up the totals that the suite told.
func sum(currency string, r importer.Report) (minor int64, lines int, err error) {
	for _, t := range r.Totals {
		m, err := wire.FromMoney(currency, t.GetAmount())
		if err != nil {
			return 0, 0, fmt.Errorf("total of %s %w", t.GetFund(), err)
		}
		minor, lines = minor+m, lines+int(t.GetLines())
	}
	return minor, lines, nil
}
