package export

import "github.com/throughline/throughline/services/budgeting/internal/domain"

// fiscalColumn is a column of the facts and what it means: a field of the resource's schema, and a dimension's attribute or a measure of the model.
type fiscalColumn struct {
	Name       string            `json:"name"`
	Title      string            `json:"title"`
	Type       string            `json:"type"`
	ColumnType string            `json:"columnType,omitempty"` // of the budget taxonomy
	Normalize  map[string]string `json:"normalize,omitempty"`  // of measures: the phase that the column stands for
	unique     bool              // its ColumnType is: it is part of the primary key
}

// Phases of a budget. Today's cost has no name among the four that readers of 0.3 know, and is left unnamed for them.
const (
	phaseBase     = "base"
	phaseProposed = "proposed"
	phaseApproved = "approved"
	phaseAdjusted = "adjusted"
)

const taxonomy = "https://specs.frictionlessdata.io/taxonomies/fiscal/budgets.json"

func (b *Book) fiscalColumns() []fiscalColumn {
	allocated := phaseProposed
	if b.Allocation.State == domain.AllocationAdopted {
		allocated = phaseApproved
	}
	measure := func(name, title, phase string) fiscalColumn {
		return fiscalColumn{Name: name, Title: title, Type: "number", Normalize: map[string]string{"phase": phase}}
	}
	columns := []fiscalColumn{
		{Name: "budget_line_id", Title: "Program and fund", Type: "string", ColumnType: "budget-line-id", unique: true},
		{Name: "fiscal_year", Title: "Fiscal year", Type: "integer", ColumnType: "date:fiscal-year", unique: true},
		{Name: "department", Title: "Department", Type: "string", ColumnType: "administrative-classification:generic:code", unique: true},
		{Name: "fund_code", Title: "Fund code", Type: "string", ColumnType: "fin-source:generic:code", unique: true},
		{Name: "fund", Title: "Fund", Type: "string", ColumnType: "fin-source:generic:label"},
		{Name: "program_code", Title: "Program id", Type: "string", ColumnType: "activity:generic:program:code", unique: true},
		{Name: "program", Title: "Program", Type: "string", ColumnType: "activity:generic:program:label"},
		measure("base", "Cost of today's services", phaseBase),
		measure("allocated", "Allocated", allocated),
	}
	if len(b.Allocation.Adjustments) > 0 {
		columns = append(columns, measure("adjusted", "Allocated, with the adjustments by council", phaseAdjusted))
	}
	return columns
}

type descriptor struct {
	Profile     string     `json:"profile"`
	Name        string     `json:"name"`
	ID          string     `json:"id"`
	Title       string     `json:"title"`
	Description string     `json:"description"`
	Created     string     `json:"created"`
	ColumnTypes []string   `json:"columnTypes"`
	Granularity string     `json:"granularity"`
	Resources   []resource `json:"resources"`
	Model       model03    `json:"model"`
}

type resource struct {
	Profile   string `json:"profile"`
	Name      string `json:"name"`
	Path      string `json:"path"`
	Format    string `json:"format"`
	Mediatype string `json:"mediatype"`
	Encoding  string `json:"encoding"`
	Bytes     int64  `json:"bytes"`
	Hash      string `json:"hash"`
	Schema    schema `json:"schema"`
}

type schema struct {
	Fields        []fiscalColumn `json:"fields"`
	PrimaryKey    []string       `json:"primaryKey"`
	MissingValues []string       `json:"missingValues"`
	ExtraFields   []extraField   `json:"extraFields"`
}

// extraField is a column that the data has only when every measure becomes a row of its own.
type extraField struct {
	Name                string `json:"name"`
	Type                string `json:"type"`
	ColumnType          string `json:"columnType"`
	NormalizationTarget bool   `json:"normalizationTarget,omitempty"`
	Constant            string `json:"constant,omitempty"`
}

// model03 maps columns as Fiscal Data Package 0.3 does.
type model03 struct {
	Measures   map[string]measure03   `json:"measures"`
	Dimensions map[string]dimension03 `json:"dimensions"`
}

type measure03 struct {
	Source    string `json:"source"`
	Resource  string `json:"resource"`
	Currency  string `json:"currency"`
	Factor    int    `json:"factor"`
	Direction string `json:"direction"`
	Phase     string `json:"phase,omitempty"`
}

type dimension03 struct {
	DimensionType      string                 `json:"dimensionType"`
	ClassificationType string                 `json:"classificationType,omitempty"`
	PrimaryKey         string                 `json:"primaryKey"`
	Attributes         map[string]attribute03 `json:"attributes"`
}

type attribute03 struct {
	Source   string `json:"source"`
	Resource string `json:"resource"`
	LabelFor string `json:"labelfor,omitempty"`
}

// descriptor describes the facts. Its profile is the tabular one, which a fiscal package extends and which the published JSON schema of fiscal
// packages asks for.
func (b *Book) descriptor(columns []fiscalColumn, data *digest) descriptor {
	s := schema{Fields: columns, MissingValues: []string{""}, ExtraFields: []extraField{
		{Name: "amount", Type: "number", ColumnType: "value", NormalizationTarget: true},
		{Name: "phase", Type: "string", ColumnType: "phase:id"},
		{Name: "currency", Type: "string", ColumnType: "value-currency:code", Constant: b.Allocation.Currency},
		{Name: "direction", Type: "string", ColumnType: "direction", Constant: "expenditure"},
	}}
	m := model03{Measures: map[string]measure03{}, Dimensions: map[string]dimension03{
		"line":       dimension("fact", "", "budget_line_id", ""),
		"date":       dimension("datetime", "", "fiscal_year", ""),
		"department": dimension("classification", "administrative", "department", ""),
		"fund":       dimension("other", "", "fund_code", "fund"),
		"program":    dimension("activity", "", "program_code", "program"),
	}}
	for _, c := range columns {
		if c.unique {
			s.PrimaryKey = append(s.PrimaryKey, c.Name)
		}
		phase, isMeasure := c.Normalize["phase"]
		if phase == phaseBase {
			phase = ""
		}
		if isMeasure {
			m.Measures[c.Name] = measure03{Source: c.Name, Resource: fiscalResource, Currency: b.Allocation.Currency, Factor: 1, Direction: "expenditure", Phase: phase}
		}
	}
	a := &b.Allocation
	return descriptor{
		Profile: "tabular-data-package", Name: a.Budget + "-" + a.ID, ID: a.Name(), Title: b.Budget.DisplayName + ": " + a.DisplayName,
		Description: "Costs of programs by fund: today's, and as allocated by " + string(a.Method) + ". Content hash " + a.ContentHash + ", result hash " + a.ResultHash +
			". Amounts in " + a.Currency + ", " + domain.Money(a.TotalAllocated, a.Currency) + " in all, program revenue that follows services included.",
		Created: a.CreateTime.UTC().Format("2006-01-02T15:04:05Z"), ColumnTypes: []string{taxonomy}, Granularity: "aggregated",
		Resources: []resource{{
			Profile: "tabular-data-resource", Name: fiscalResource, Path: fiscalPath, Format: "csv", Mediatype: "text/csv", Encoding: "utf-8",
			Bytes: data.bytes, Hash: "sha256:" + data.hex(), Schema: s,
		}},
		Model: m,
	}
}

// dimension is a code with its label, if it has one.
func dimension(kind, classification, code, label string) dimension03 {
	attributes := map[string]attribute03{code: {Source: code, Resource: fiscalResource}}
	if label != "" {
		attributes[label] = attribute03{Source: label, Resource: fiscalResource, LabelFor: code}
	}
	return dimension03{DimensionType: kind, ClassificationType: classification, PrimaryKey: code, Attributes: attributes}
}
