package domain

import (
	"cmp"
	"fmt"
	"math/big"
	"slices"
)

// PPM is one million: a whole, in parts per million.
const PPM = 1_000_000

// Tally is what an item received over all ballots that count.
type Tally struct {
	Item          string `json:"Goal"` // goal id, or objective name
	Points        int64  // of the electorate: points, scores or Borda points; 0 for PAIRWISE
	WeightPPM     int
	ElectoratePPM int
	CommunityPPM  int // 0 when the community has no share
}

func compare(a, b string) int { return cmp.Compare(a, b) }

func fieldAt(field string, i int) string { return fmt.Sprintf("%s[%d]", field, i) }

// Count is how many ballots count: those of members who are not recused.
func (p Prioritization) Count(ballots []Ballot) (n int) {
	for _, b := range ballots {
		if !p.recused(b.Member) {
			n++
		}
	}
	return n
}

// Tallied derives the weights of a round from its ballots; those of recused members do not count. Electorate and community
// each make a share per item, exactly; the weight is their mix by the community's share. All are rounded to parts per
// million that sum to exactly PPM by largest remainder (Hamilton's method), ties to the item whose id sorts first. Tallies
// come back sorted by item. ok is false when a part that counts gives nothing to any item.
func (p Prioritization) Tallied(ballots []Ballot, community []CommunityBallot) (tallies []Tally, ok bool) {
	items := p.Items()
	voices := make([]voice, 0, len(ballots))
	for _, b := range ballots {
		if !p.recused(b.Member) {
			voices = append(voices, voice{1, b.Vote})
		}
	}
	electorate, points, ok := p.shares(items, voices)
	if !ok {
		return nil, false
	}
	mixed := electorate
	var heard []*big.Rat
	if p.CommunitySharePPM > 0 {
		voices = voices[:0]
		for _, b := range community {
			voices = append(voices, voice{int64(b.Weight), b.Vote})
		}
		if heard, _, ok = p.shares(items, voices); !ok {
			return nil, false
		}
		mixed = mix(electorate, heard, p.CommunitySharePPM)
	}
	tallies = make([]Tally, len(items))
	weights, alone, others := rounded(mixed), rounded(electorate), rounded(heard)
	for i, item := range items {
		tallies[i] = Tally{Item: item, Points: points[i], WeightPPM: weights[i], ElectoratePPM: alone[i]}
		if heard != nil {
			tallies[i].CommunityPPM = others[i]
		}
	}
	return tallies, true
}

// voice is a ballot that counts, and how much.
type voice struct {
	weight int64
	vote   Vote
}

// shares is what each item gets of a whole, and its points unweighted; false when nothing was given to any.
func (p Prioritization) shares(items []string, voices []voice) (shares []*big.Rat, points []int64, ok bool) {
	points = make([]int64, len(items))
	sums, total := make([]*big.Int, len(items)), new(big.Int) // whatever the weights are, they do not overflow
	for i := range sums {
		sums[i] = new(big.Int)
	}
	n, weight := new(big.Int), new(big.Int)
	for _, v := range voices {
		weight.SetInt64(v.weight)
		for i, given := range p.given(items, v.vote) {
			points[i] += given
			sums[i].Add(sums[i], n.Mul(weight, n.SetInt64(given)))
		}
	}
	for _, sum := range sums {
		total.Add(total, sum)
	}
	if total.Sign() == 0 {
		return nil, points, false
	}
	for _, sum := range sums {
		shares = append(shares, new(big.Rat).SetFrac(sum, total))
	}
	if p.Method == MethodPairwise { // gives weights, no points
		clear(points)
	}
	return shares, points, true
}

// given is what one vote gives to each item, by its index: points, or trillionths of its weight for PAIRWISE.
func (p Prioritization) given(items []string, v Vote) []int64 {
	if p.Method == MethodPairwise {
		return matrixOf(items, v.Comparisons).weights()
	}
	out := make([]int64, len(items))
	for place, item := range v.Ranking { // Borda: the last of n gets none
		if i, found := slices.BinarySearch(items, item); found {
			out[i] = int64(len(items) - 1 - place)
		}
	}
	for _, g := range v.Points {
		if i, found := slices.BinarySearch(items, g.Item); found {
			out[i] = g.Points
		}
	}
	return out
}

func mix(electorate, community []*big.Rat, sharePPM int) []*big.Rat {
	theirs := big.NewRat(int64(sharePPM), PPM)
	ours := new(big.Rat).Sub(big.NewRat(1, 1), theirs)
	out := make([]*big.Rat, len(electorate))
	for i := range electorate {
		a, b := new(big.Rat).Mul(ours, electorate[i]), new(big.Rat).Mul(theirs, community[i])
		out[i] = a.Add(a, b)
	}
	return out
}

// rounded is shares of a whole in parts per million, by largest remainder; the earlier one wins a tie.
func rounded(shares []*big.Rat) []int {
	out, rest, order := make([]int, len(shares)), make([]*big.Rat, len(shares)), make([]int, len(shares))
	left := PPM
	for i, s := range shares {
		exact := new(big.Rat).Mul(s, big.NewRat(PPM, 1))
		whole := new(big.Int).Quo(exact.Num(), exact.Denom())
		out[i], rest[i], order[i] = int(whole.Int64()), exact.Sub(exact, new(big.Rat).SetInt(whole)), i
		left -= out[i]
	}
	slices.SortStableFunc(order, func(a, b int) int { return rest[b].Cmp(rest[a]) })
	for _, i := range order[:min(left, len(order))] {
		out[i]++
	}
	return out
}
