package main

import (
	"bufio"
	"encoding/binary"
	"fmt"
	"io"
	"math"
	"strconv"
)

// linear is a problem in the peers' own terms: minimise Σ cost·x + Σ quad·x² within bounds and rows. Columns and rows are numbered from 0.
type linear struct {
	cost, quad, lower, upper []float64
	integer                  []bool
	rowLower, rowUpper       []float64
	entries                  []entry
}

// entry is a coefficient of the rows.
type entry struct {
	row, col int32
	value    float64
}

// column adds a variable and returns its number.
func (l *linear) column(cost, quad, lower, upper float64, integer bool) int32 {
	l.cost, l.quad = append(l.cost, cost), append(l.quad, quad)
	l.lower, l.upper = append(l.lower, lower), append(l.upper, upper)
	l.integer = append(l.integer, integer)
	return int32(len(l.cost) - 1)
}

// row adds a constraint and returns its number; its coefficients are added by put.
func (l *linear) row(lower, upper float64) int32 {
	l.rowLower, l.rowUpper = append(l.rowLower, lower), append(l.rowUpper, upper)
	return int32(len(l.rowLower) - 1)
}

func (l *linear) put(row, col int32, value float64) {
	l.entries = append(l.entries, entry{row, col, value})
}

// writeBinary writes the form that the drivers read, little-endian: columns, rows and entries as int64; cost, quad, lower, upper and integer (0
// or 1) of each column; bounds of each row; row and column of each entry as int32; its value. All else is float64.
func (l *linear) writeBinary(out io.Writer) error {
	integer := make([]float64, len(l.integer))
	for i, is := range l.integer {
		if is {
			integer[i] = 1
		}
	}
	rows, cols, values := make([]int32, len(l.entries)), make([]int32, len(l.entries)), make([]float64, len(l.entries))
	for i, e := range l.entries {
		rows[i], cols[i], values[i] = e.row, e.col, e.value
	}
	w := bufio.NewWriterSize(out, 1<<20)
	sizes := []int64{int64(len(l.cost)), int64(len(l.rowLower)), int64(len(l.entries))}
	for _, part := range []any{sizes, l.cost, l.quad, l.lower, l.upper, integer, l.rowLower, l.rowUpper, rows, cols, values} {
		if err := binary.Write(w, binary.LittleEndian, part); err != nil {
			return fmt.Errorf("write model: %w", err)
		}
	}
	return w.Flush()
}

// writeText writes the CPLEX LP format, which CBC and GLPK read; it has no quadratic terms. Variables are x0, x1, … and all of them appear in
// the objective, in this order, so that readers number them alike.
func (l *linear) writeText(out io.Writer) error {
	w := bufio.NewWriterSize(out, 1<<20)
	fmt.Fprint(w, "Minimize\n value:")
	for i, c := range l.cost {
		term(w, i, c)
	}
	fmt.Fprint(w, "\nSubject To\n")
	byRow := make([][]entry, len(l.rowLower))
	for _, e := range l.entries {
		byRow[e.row] = append(byRow[e.row], e)
	}
	for r, entries := range byRow {
		for _, side := range sides(l.rowLower[r], l.rowUpper[r]) {
			fmt.Fprintf(w, " r%d%s:", r, side.suffix)
			for i, e := range entries {
				term(w, int(e.col), e.value)
				if i%8 == 7 { // readers limit the length of a line
					fmt.Fprint(w, "\n")
				}
			}
			fmt.Fprintf(w, " %s %s\n", side.relation, number(side.bound))
		}
	}
	fmt.Fprint(w, "Bounds\n")
	for i := range l.cost {
		if !l.integer[i] || l.lower[i] != 0 || l.upper[i] != 1 {
			fmt.Fprintf(w, " %s <= x%d <= %s\n", number(l.lower[i]), i, number(l.upper[i]))
		}
	}
	fmt.Fprint(w, "Binary\n")
	for i, is := range l.integer {
		if is {
			fmt.Fprintf(w, " x%d\n", i)
		}
	}
	fmt.Fprint(w, "End\n")
	return w.Flush()
}

func term(w *bufio.Writer, col int, value float64) {
	sign := "+"
	if value < 0 {
		sign = "-"
	}
	value = math.Abs(value) // of a negative zero too
	fmt.Fprintf(w, " %s %s x%d", sign, number(value), col)
	if col%8 == 7 {
		fmt.Fprint(w, "\n")
	}
}

type side struct {
	suffix, relation string
	bound            float64
}

// sides are the relations that say lower ≤ row ≤ upper.
func sides(lower, upper float64) []side {
	if lower == upper {
		return []side{{"", "=", lower}}
	}
	var out []side
	if !math.IsInf(lower, -1) {
		out = append(out, side{"l", ">=", lower})
	}
	if !math.IsInf(upper, 1) {
		out = append(out, side{"u", "<=", upper})
	}
	return out
}

// number writes without an exponent: money and counts stay readable and exact.
func number(v float64) string {
	switch {
	case math.IsInf(v, 1):
		return "+inf"
	case math.IsInf(v, -1):
		return "-inf"
	default:
		return strconv.FormatFloat(v, 'f', -1, 64)
	}
}
