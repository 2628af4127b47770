package domain

import (
	"regexp"
	"strings"

	"github.com/throughline/throughline/services/budgeting/internal/domain/model"
	"github.com/throughline/throughline/services/budgeting/internal/domain/phrase"
)

// Told puts what people call programs, funds and goals in the place of their ids in sentences of an analysis.
func Told(sentences []string, t Titles, goals []model.Goal) []string {
	names := make(map[string]string, len(goals))
	for _, g := range goals {
		names[g.ID] = g.Title
	}
	out := make([]string, len(sentences))
	for i, s := range sentences {
		out[i] = divided(titled(s, t, names), t)
	}
	return out
}

// blocks finds the two lists of funds in sentences on blocks that split or merge.
var blocks = regexp.MustCompile(`(shares its rate with|divide into blocks otherwise:) (.*) instead of (.*)\.$`)

const oneTimeMark = " (one-time)"

// divided names the funds of blocks.
func divided(sentence string, t Titles) string {
	m := blocks.FindStringSubmatchIndex(sentence)
	if m == nil {
		return sentence
	}
	list := func(ids string) string {
		if ids == "" {
			return "nothing"
		}
		all := strings.Split(ids, " | ") // blocks
		for i, block := range all {
			names := strings.Split(block, ", ")
			for j, id := range names {
				id, oneTime := strings.CutSuffix(id, oneTimeMark)
				if names[j] = t.Fund(id); oneTime {
					names[j] += oneTimeMark
				}
			}
			all[i] = phrase.And(names)
		}
		return strings.Join(all, " | ")
	}
	return sentence[:m[4]] + list(sentence[m[4]:m[5]]) + " instead of " + list(sentence[m[6]:m[7]]) + "."
}

// Both are titles of two sets of programs and funds; the first that knows an id names it.
func Both(a, b Titles) Titles {
	either := func(a, b func(string) string) func(string) string {
		return func(id string) string {
			if title := a(id); title != id {
				return title
			}
			return b(id)
		}
	}
	return Titles{Fund: either(a.Fund, b.Fund), Program: either(a.Program, b.Program), Measure: either(a.Measure, b.Measure)}
}

// ReasonCode is a reason as the contract spells it.
func ReasonCode(r model.Reason) string { return code(r) }
