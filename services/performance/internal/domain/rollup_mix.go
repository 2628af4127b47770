package domain

import (
	"cmp"
	"math/big"
	"slices"

	"github.com/throughline/throughline/services/performance/internal/domain/analysis"
)

// words are the status words, the best first; UNKNOWN is none of them in rank, and last.
var words = [...]analysis.Status{
	analysis.StatusOnTrack, analysis.StatusImproving, analysis.StatusStable, analysis.StatusWatch, analysis.StatusAtRisk,
	analysis.StatusOffTrack, analysis.StatusUnknown,
}

const unknownWord = len(words) - 1

// wordOf is the position of a word; whatever is none is UNKNOWN.
func wordOf(s analysis.Status) int {
	if i := slices.Index(words[:], s); i >= 0 {
		return i
	}
	return unknownWord
}

// mix is a weight for each word. Only their proportions mean anything, so that no fraction is ever rounded.
type mix [len(words)]big.Int

func mixOf(weights [len(words)]int) *mix {
	var m mix
	for i, w := range weights {
		m[i].SetInt64(int64(w))
	}
	return &m
}

func (m *mix) total() *big.Int {
	var t big.Int
	if m != nil {
		for i := range m {
			t.Add(&t, &m[i])
		}
	}
	return &t
}

// mixture adds parts. Its sum is a common denominator times the sum of the parts' proportions by their weights.
type mixture struct {
	sum    *mix // nil without parts
	common big.Int
}

// add makes part a share of the given weight; nothing has none.
func (x *mixture) add(weight int, part *mix) {
	total, w := part.total(), big.NewInt(int64(weight))
	if total.Sign() == 0 {
		return
	}
	if x.sum == nil {
		x.sum = &mix{}
		x.common.SetInt64(1)
	}
	if x.common.Cmp(total) != 0 { // over a common denominator
		w.Mul(w, &x.common)
		for i := range x.sum {
			x.sum[i].Mul(&x.sum[i], total)
		}
		x.common.Mul(&x.common, total)
	}
	var term big.Int
	for i := range x.sum {
		x.sum[i].Add(&x.sum[i], term.Mul(&part[i], w))
	}
}

// shares are the proportions of the words that hold any weight, in parts per million by largest remainder, the better word
// first where remainders are equal and UNKNOWN last; none for nothing.
func (m *mix) shares() []StatusShare {
	total := m.total()
	if total.Sign() == 0 {
		return nil
	}
	type rest struct {
		at   int
		left big.Int
	}
	var out []StatusShare
	var rests []*rest
	missing, ppm := PPM, big.NewInt(PPM)
	for i, s := range words {
		if m[i].Sign() == 0 {
			continue
		}
		var quotient, scaled big.Int
		r := &rest{at: len(out)}
		quotient.QuoRem(scaled.Mul(&m[i], ppm), total, &r.left)
		missing -= int(quotient.Int64())
		out, rests = append(out, StatusShare{s, int(quotient.Int64())}), append(rests, r)
	}
	slices.SortStableFunc(rests, func(a, b *rest) int { return cmp.Compare(0, a.left.Cmp(&b.left)) })
	for _, r := range rests[:missing] {
		out[r.at].PPM++
	}
	return out
}

// middle is the word at the middle of weights of which none is unknown, the worse at a tie; UNKNOWN for nothing.
func (m *mix) middle() analysis.Status {
	half, better := m.total(), new(big.Int)
	if half.Sign() == 0 {
		return analysis.StatusUnknown
	}
	half.Rsh(half, 1)
	for i := range words[:unknownWord] {
		if better.Add(better, &m[i]).Cmp(half) > 0 {
			return words[i]
		}
	}
	return analysis.StatusUnknown
}
