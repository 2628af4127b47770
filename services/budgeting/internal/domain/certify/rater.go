package certify

import "github.com/throughline/throughline/services/budgeting/internal/domain/model"

// rater adds up the ratings of one kind, by goal or by attribute, one program at a time.
type rater struct {
	place   map[string]int // of each name among those that weigh
	names   []string
	weights []int64 // ppm
	whole   int64   // of the weights
	next    int     // of names, where levels come in their order
	levels  []int64 // of the program
	known   []bool
	counted []counts // of every program where its level is known
	medians []int64  // twice the median, for what is unknown
}

// counts is how many programs have each level, −4 to 4.
type counts [9]int

func newRater() *rater { return &rater{place: map[string]int{}} }

// add enters something that weighs.
func (r *rater) add(name string, weight int64) {
	r.place[name] = len(r.names)
	r.names, r.weights, r.whole = append(r.names, name), append(r.weights, weight), r.whole+weight
	r.levels, r.known, r.counted = append(r.levels, 0), append(r.known, false), append(r.counted, counts{})
}

// enterLevels gives the raters the levels of a program; what does not weigh is left out.
func enterLevels(p *model.Program, goals, attributes *rater) {
	clear(goals.known)
	clear(attributes.known)
	goals.next, attributes.next = 0, 0
	for i := range p.Alignment {
		goals.level(p.Alignment[i].Goal, p.Alignment[i].Level)
	}
	for i := range p.Attributes {
		attributes.level(p.Attributes[i].Name, p.Attributes[i].Level)
	}
}

func (r *rater) level(name string, level int64) {
	i, weighs := r.next, r.next < len(r.names) && r.names[r.next] == name
	if !weighs {
		i, weighs = r.place[name]
	}
	if weighs {
		r.levels[i], r.known[i], r.next = level, true, i+1
	}
}

// count remembers the levels of the program for the medians.
func (r *rater) count() {
	for i, known := range r.known {
		if known {
			r.counted[i][r.levels[i]+4]++
		}
	}
}

func (r *rater) middle() {
	for i := range r.counted {
		r.medians = append(r.medians, r.counted[i].twiceMedian())
	}
}

// sum is the program's half levels, weighted in ppm; the median stands in for an unknown one.
func (r *rater) sum() (sum int64) {
	for i, known := range r.known {
		halves := r.medians[i]
		if known {
			halves = 2 * r.levels[i]
		}
		sum += r.weights[i] * halves
	}
	return sum
}

// unknown flags where a median stands in for a level that counts.
func (r *rater) unknown(flags []model.Flag, flag func(name string, halves int64) model.Flag) []model.Flag {
	for i, known := range r.known {
		if !known && r.weights[i] > 0 {
			flags = append(flags, flag(r.names[i], r.medians[i]))
		}
	}
	return flags
}

// twiceMedian adds the two levels in the middle, which are one and the same of an odd number; it is 4, the middle of the scale, when nothing is known.
func (c *counts) twiceMedian() (sum int64) {
	all := 0
	for _, n := range c {
		all += n
	}
	if all == 0 {
		return 4
	}
	below := 0
	for i, n := range c {
		for _, middle := range [...]int{(all - 1) / 2, all / 2} {
			if below <= middle && middle < below+n {
				sum += int64(i) - 4
			}
		}
		below += n
	}
	return sum
}
