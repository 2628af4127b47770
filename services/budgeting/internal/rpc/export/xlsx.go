package export

import (
	"archive/zip"
	"bytes"
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/xuri/excelize/v2"

	"github.com/throughline/throughline/services/budgeting/internal/domain"
	"github.com/throughline/throughline/services/platform/fault"
)

// Limits of a workbook.
const (
	MaxSheetRows  = 1_000_000           // of the 1,048,576 that spreadsheets have
	MaxSheetMoney = 999_999_999_999_999 // minor units: spreadsheets keep 15 digits
	maxCell       = 32_000              // characters of the 32,767 that a cell has
)

// WriteXLSX writes a workbook: Summary, Pool, Funds, Blocks and Lines. Amounts are numbers with a number format, totals are numbers too and add up to
// what stands above them, and no cell is a formula: texts are stored as texts whatever they begin with. The same book gives the same bytes.
//
// Rows stream to temporary files past 16 MiB a sheet; the compressed workbook is held in memory once (about 10 MiB for 100,000 rows).
//
// Errors: Exhausted XLSX_ROWS above MaxSheetRows lines, XLSX_DIGITS for amounts above MaxSheetMoney; CSV holds either. Internal EXPORT_DOES_NOT_TIE.
func WriteXLSX(w io.Writer, b *Book) (err error) {
	f := excelize.NewFile()
	defer func() {
		if e := f.Close(); err == nil { // removes the temporary files
			err = e
		}
	}()
	at := b.Allocation.CreateTime.UTC().Format("2006-01-02T15:04:05Z")
	if err := f.SetDocProps(&excelize.DocProperties{Creator: "Throughline", Title: b.Allocation.DisplayName, Created: at, Modified: at}); err != nil {
		return err
	}
	styles, err := newStyles(f, domain.Exponent(b.Allocation.Currency))
	if err != nil {
		return err
	}
	for i, s := range []struct {
		name   string
		widths []float64
		write  func(*sheet) error
	}{
		{"Summary", []float64{28, 100}, b.summarySheet},
		{"Pool", []float64{12, 40, 22, 10, 20}, b.poolSheet},
		{"Funds", []float64{12, 40, 20, 16, 20, 20, 20, 20, 20}, b.fundsSheet},
		{"Blocks", []float64{8, 12, 50, 24, 12, 20, 20, 20, 80}, b.blocksSheet},
		{"Lines", []float64{24, 40, 24, 12, 18, 18, 18, 18, 18, 10, 18, 60, 18, 18, 10}, b.linesSheet},
	} {
		if i == 0 {
			err = f.SetSheetName("Sheet1", s.name)
		} else {
			_, err = f.NewSheet(s.name)
		}
		if err != nil {
			return err
		}
		if err := writeSheet(f, s.name, s.widths, styles, s.write); err != nil {
			return fmt.Errorf("sheet %s: %w", s.name, err)
		}
	}
	return repack(w, f)
}

func writeSheet(f *excelize.File, name string, widths []float64, styles styles, write func(*sheet) error) error {
	stream, err := f.NewStreamWriter(name)
	if err != nil {
		return err
	}
	for i, width := range widths {
		if err := stream.SetColWidth(i+1, i+1, width); err != nil {
			return err
		}
	}
	if name != "Summary" {
		if err := stream.SetPanes(&excelize.Panes{Freeze: true, YSplit: 1, TopLeftCell: "A2", ActivePane: "bottomLeft"}); err != nil {
			return err
		}
	}
	if err := write(&sheet{stream: stream, styles: styles}); err != nil {
		return err
	}
	return stream.Flush()
}

// repack writes the workbook's parts in order of their names, as they are compressed already: the library writes them in any order.
func repack(w io.Writer, f *excelize.File) error {
	packed, err := f.WriteToBuffer()
	if err != nil {
		return err
	}
	parts, err := zip.NewReader(bytes.NewReader(packed.Bytes()), int64(packed.Len()))
	if err != nil {
		return err
	}
	slices.SortFunc(parts.File, func(a, b *zip.File) int { return cmp.Compare(a.Name, b.Name) })
	out := zip.NewWriter(w)
	for _, part := range parts.File {
		if err := out.Copy(part); err != nil {
			return err
		}
	}
	return out.Close()
}

type styles struct {
	head, money, total, totalText, score, wrap int
	scale                                      float64 // minor units of one unit
}

func newStyles(f *excelize.File, exponent int) (styles, error) {
	format := "#,##0"
	out := styles{scale: 1}
	if exponent > 0 {
		format += "." + strings.Repeat("0", exponent)
	}
	for range exponent {
		out.scale *= 10
	}
	format += ";[Red]-" + format
	points := "0.00"
	bold := &excelize.Font{Bold: true}
	var err error
	style := func(s excelize.Style) int {
		id, e := f.NewStyle(&s)
		if err == nil {
			err = e
		}
		return id
	}
	out.head = style(excelize.Style{Font: bold, Alignment: &excelize.Alignment{WrapText: true}})
	out.money = style(excelize.Style{CustomNumFmt: &format})
	out.total = style(excelize.Style{Font: bold, CustomNumFmt: &format})
	out.totalText = style(excelize.Style{Font: bold})
	out.score = style(excelize.Style{CustomNumFmt: &points})
	out.wrap = style(excelize.Style{Alignment: &excelize.Alignment{WrapText: true, Vertical: "top"}})
	return out, err
}

// sheet writes rows from the first on.
type sheet struct {
	stream *excelize.StreamWriter
	styles styles
	row    int
	cells  []any
	err    error // the first
}

func (s *sheet) text(style int, texts ...string) *sheet {
	for _, t := range texts {
		s.cells = append(s.cells, excelize.Cell{StyleID: style, Value: cut(strings.ToValidUTF8(t, "\uFFFD"))})
	}
	return s
}

// cut keeps what a cell holds.
func cut(s string) string {
	if len(s) <= maxCell {
		return s
	}
	return strings.ToValidUTF8(s[:maxCell], "") + "…"
}

func (s *sheet) money(style int, amounts ...int64) *sheet {
	for _, a := range amounts {
		if a > MaxSheetMoney || a < -MaxSheetMoney {
			s.fail(fault.New(fault.Exhausted, "XLSX_DIGITS", "an amount has more than the 15 digits that spreadsheets keep; export CSV instead"))
		}
		s.cells = append(s.cells, excelize.Cell{StyleID: style, Value: float64(a) / s.styles.scale}) // 15 digits: the nearest double prints as the amount
	}
	return s
}

func (s *sheet) int(style int, n int64) *sheet {
	s.cells = append(s.cells, excelize.Cell{StyleID: style, Value: n})
	return s
}

// score is points of 100.
func (s *sheet) score(bp int64) *sheet {
	s.cells = append(s.cells, excelize.Cell{StyleID: s.styles.score, Value: float64(bp) / 100})
	return s
}

func (s *sheet) blank(n int) *sheet {
	for range n {
		s.cells = append(s.cells, nil)
	}
	return s
}

// fail keeps the first error.
func (s *sheet) fail(err error) {
	if s.err == nil {
		s.err = err
	}
}

func (s *sheet) end() error {
	if s.row++; s.row > MaxSheetRows {
		s.fail(fault.New(fault.Exhausted, "XLSX_ROWS", "the sheet has more than %d rows; export CSV instead", MaxSheetRows))
	}
	if s.err != nil {
		return s.err
	}
	at, err := excelize.CoordinatesToCellName(1, s.row)
	if err != nil {
		return err
	}
	err = s.stream.SetRow(at, s.cells)
	s.cells = s.cells[:0]
	return err
}
