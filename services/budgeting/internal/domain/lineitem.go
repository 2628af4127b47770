package domain

import (
	"crypto/sha256"
	"encoding/hex"
	"reflect"
	"time"

	"github.com/throughline/throughline/services/budgeting/internal/domain/model"
	"github.com/throughline/throughline/services/platform/fault"
)

// LineItem is a line of the books. Equal-looking lines with different references are different lines.
type LineItem struct {
	Meta
	Organization       string
	Budget             string
	ID                 string // derived from ExternalRef
	Kind               string
	Fund               string // id
	Department         string
	AccountSegments    []string
	AccountDescription string
	Figure             string // version of the budget cycle, such as "ADOPTED"
	Amount             int64  // minor units; negative amounts are legitimate
	Currency           string
	Program            string // id, or ""
	Treatment          model.Treatment
	OneTime            bool
	ExternalRef        string
	SourceFile         string
	SourceRow          int
}

// LineItemName is the resource name of a line item.
func LineItemName(organization, budget, id string) string {
	return name("organizations", organization, "budgets", budget, "lineItems", id)
}

// Name is the resource name.
func (l LineItem) Name() string { return LineItemName(l.Organization, l.Budget, l.ID) }

// LineItemID is stable per reference and a valid id whatever the reference looks like.
func LineItemID(externalRef string) string {
	sum := sha256.Sum256([]byte(externalRef))
	return "l-" + hex.EncodeToString(sum[:16])
}

// NewLineItem is the first version of a line.
func NewLineItem(l LineItem, at string, now time.Time) (LineItem, error) {
	l.Meta = Meta{}.Next(now)
	return l.checked(at)
}

// Changed is the next version of l with the fields of next.
func (l LineItem) Changed(next LineItem, at string, now time.Time) (LineItem, error) {
	next.Organization, next.Budget, next.ID, next.Meta = l.Organization, l.Budget, l.ID, l.Next(now)
	return next.checked(at)
}

// Same says whether next says what l says already.
func (l LineItem) Same(next LineItem) bool {
	next.Meta = l.Meta
	return reflect.DeepEqual(l, next)
}

func (l LineItem) checked(at string) (LineItem, error) {
	var v fault.Violations
	required(&v, at+".kind", l.Kind)
	required(&v, at+".version", l.Figure)
	required(&v, at+".external_ref", l.ExternalRef)
	knownOr(&v, at+".treatment", l.Treatment, model.Treatments())
	v.Check(l.SourceRow >= 0, at+".source_row", "must not be negative; rows count from 1")
	return l, v.Err()
}

// LineItemTotal is the total of one fund, kind, figure and treatment.
type LineItemTotal struct {
	Fund      string // id
	Kind      string
	Figure    string
	Treatment model.Treatment
	Lines     int64
	Amount    int64
}

// Upserted counts what a batch did to each row sent; T is what the rows are.
type Upserted[T any] struct{ Created, Updated, Unchanged int }
