package performance

import (
	performancev1 "github.com/throughline/throughline/proto/gen/throughline/performance/v1"
	"github.com/throughline/throughline/services/performance/internal/domain/quantity"
	"github.com/throughline/throughline/services/performance/internal/rpc"
)

// ValueReader reads texts as recordObservations does by the same rules, without a service: known is false for a text that means "not
// known", and an error says what was not understood and what would mend it. Rules that contradict themselves are a fault of kind Invalid.
func ValueReader(rules *performancev1.ValueRules) (func(text string) (value float64, known bool, err error), error) {
	r := rpc.ValueRules(rules)
	if err := r.Check("value_rules"); err != nil {
		return nil, err
	}
	return func(text string) (float64, bool, error) { return quantity.Parse(text, r) }, nil
}
