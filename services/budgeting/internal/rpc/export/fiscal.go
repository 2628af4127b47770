package export

import (
	"archive/zip"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"hash"
	"io"
	"time"
)

const (
	fiscalResource = "allocation"
	fiscalPath     = "data/allocation.csv"
	unnamed        = "(none)" // department of a program that has none: a part of the primary key is never empty
)

// WriteFiscalPackage writes a zip of datapackage.json and data/allocation.csv, one row a program and fund: a Fiscal Data Package 1.0 by the
// ColumnTypes of its fields (specs.frictionlessdata.io/fiscal-data-package), which also carries the model of measures and dimensions that readers of
// 0.3 want. Amounts are numbers in units of the currency. The same book gives the same bytes. Rows stream; there is no limit.
func WriteFiscalPackage(w io.Writer, b *Book) error {
	z := zip.NewWriter(w)
	at := b.Allocation.CreateTime.UTC().Truncate(time.Second)
	entry := func(name string) (io.Writer, error) {
		return z.CreateHeader(&zip.FileHeader{Name: name, Method: zip.Deflate, Modified: at})
	}
	data, err := entry(fiscalPath)
	if err != nil {
		return err
	}
	sum := digest{Hash: sha256.New()}
	columns := b.fiscalColumns()
	if err := b.writeFacts(io.MultiWriter(data, &sum), columns); err != nil {
		return err
	}
	descriptor, err := entry("datapackage.json")
	if err != nil {
		return err
	}
	enc := json.NewEncoder(descriptor)
	enc.SetIndent("", "  ")
	enc.SetEscapeHTML(false)
	if err := enc.Encode(b.descriptor(columns, &sum)); err != nil {
		return err
	}
	return z.Close()
}

// digest counts what it hashes.
type digest struct {
	hash.Hash
	bytes int64
}

func (d *digest) Write(p []byte) (int, error) {
	d.bytes += int64(len(p))
	return d.Hash.Write(p)
}

func (d *digest) hex() string { return hex.EncodeToString(d.Sum(nil)) }

func (b *Book) writeFacts(w io.Writer, columns []fiscalColumn) error {
	names := make([]string, len(columns))
	for i, c := range columns {
		names[i] = c.Name
	}
	t, err := newTable(w, b.Allocation.Currency, names)
	if err != nil {
		return err
	}
	err = b.each(func(p program) error {
		department := p.Department
		if department == "" {
			department = unnamed
		}
		for i := range p.parts {
			of := &p.parts[i]
			if of.fund == "" {
				continue // no money, no fact
			}
			t.text(p.Program + "/" + of.fund).int(int64(b.Budget.FiscalYear))
			t.text(department, b.fundCode(of.fund), b.fundTitle(of.fund), p.Program, p.DisplayName).money(of.base, of.allocated)
			if len(b.Allocation.Adjustments) > 0 {
				t.money(of.adjusted())
			}
			if err := t.end(); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	return t.flush()
}
