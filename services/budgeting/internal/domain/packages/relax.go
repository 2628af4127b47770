package packages

import (
	"math"
	"slices"
)

// hallSet is a set of nodes that limits the classes which only its nodes may pay.
type hallSet struct {
	nodes    []int32
	inside   []bool // by class
	capacity int64
}

func (in *instance) hallSet(nodes []int32) hallSet {
	member := make([]bool, len(in.capacity))
	s := hallSet{nodes: nodes, inside: make([]bool, len(in.eligible))}
	for _, k := range nodes {
		member[k] = true
		s.capacity += in.capacity[k]
	}
	for c, set := range in.eligible {
		s.inside[c] = true
		for _, k := range set {
			s.inside[c] = s.inside[c] && member[k]
		}
	}
	return s
}

// relaxation is the linear relaxation by column generation, with a row for every Hall set that a mix has violated so far.
type relaxation struct {
	*instance
	net    *network
	master master
	sets   []hallSet
	scale  float64   // value of one unit of the master's
	need   [][]int64 // demand of every column, by class
	rate   []float64 // price of each class, value per unit
}

// relax looks for the node prices (value per unit) at which the relaxed problem is best, starting with the sets of nodes that are known to matter.
func (in *instance) relax(net *network, known [][]int32) []float64 {
	r := &relaxation{instance: in, net: net, rate: make([]float64, len(in.eligible))}
	for u := range in.size() {
		most := 0.0
		for o := in.first[u]; o < in.first[u+1]; o++ {
			most = max(most, math.Abs(float64(in.value[o])))
		}
		r.scale += most
	}
	r.scale = max(r.scale, 1)
	r.master.penalty = 4
	value, need := r.choose()
	r.need = append(r.need, need)
	r.master.start(value)
	for _, nodes := range known {
		r.limit(nodes)
	}
	for r.improve(); r.separate(); {
		r.improve()
	}
	price := make([]float64, len(in.capacity))
	for i, s := range r.sets {
		if p := r.master.price[i+1]; p > 1e-13 {
			for _, k := range s.nodes {
				price[k] += float64(p*r.scale) / float64(max(s.capacity, 1))
			}
		}
	}
	return price
}

// choose takes the best option of every unit at the current prices.
func (r *relaxation) choose() (value float64, need []int64) {
	for c := range r.rate {
		r.rate[c] = 0
		for i, s := range r.sets {
			if s.inside[c] {
				r.rate[c] += float64(max(0, r.master.price[i+1])*r.scale) / float64(max(s.capacity, 1))
			}
		}
	}
	need = make([]int64, len(r.eligible))
	var sum int64
	for u := range r.size() {
		o := r.best(u)
		sum += r.value[o]
		r.demand(o, need)
	}
	return float64(sum) / r.scale, need
}

func (r *relaxation) best(u int) int32 {
	at, most := int32(-1), 0.0
	for o := r.first[u]; o < r.first[u+1]; o++ {
		v := float64(r.value[o])
		for _, c := range r.costs[r.from[o]:r.from[o+1]] {
			v -= float64(r.rate[c.Class] * float64(c.Units))
		}
		if at < 0 || v > most {
			at, most = o, v
		}
	}
	return at
}

// improve adds choices until none would improve the mix.
func (r *relaxation) improve() {
	const tolerance, rounds = 1e-13, 1000
	r.master.solve(tolerance)
	for range rounds {
		value, need := r.choose()
		load := make([]float64, len(r.sets)+1)
		load[0] = 1
		for i, s := range r.sets {
			load[i+1] = s.load(need)
		}
		for k, v := range r.master.value { // rounding noise aside, a choice that is in the mix already wins nothing
			if v == value && slices.Equal(r.need[k], need) {
				return
			}
		}
		r.need = append(r.need, need)
		r.master.column(value, load)
		if r.master.gain(len(r.master.value)-1) <= tolerance {
			return
		}
		r.master.solve(tolerance)
	}
}

// load is a demand as a part of the capacity; what only nodes without capacity may pay counts in units.
func (s hallSet) load(need []int64) (sum float64) {
	for c, in := range s.inside {
		if in {
			sum += float64(need[c])
		}
	}
	if s.capacity == 0 {
		return sum + 1
	}
	return sum / float64(s.capacity)
}

// limit adds the row of a set of nodes.
func (r *relaxation) limit(nodes []int32) {
	s := r.hallSet(nodes)
	load := make([]float64, len(r.need))
	for k, need := range r.need {
		load[k] = s.load(need)
	}
	r.sets = append(r.sets, s)
	r.master.row(load)
}

// separate adds the sets of nodes that the current mix overdraws.
func (r *relaxation) separate() bool {
	need := make([]int64, len(r.eligible))
	var total int64
	for c := range need {
		mean := 0.0
		for i, b := range r.master.basis {
			if b >= 0 {
				mean += float64(r.master.amount[i] * float64(r.need[b][c]))
			}
		}
		need[c] = int64(mean)
		total += need[c]
	}
	if short := r.net.pay(need); short <= total>>30 {
		return false
	}
	before := len(r.sets)
	for _, nodes := range r.net.overdrawn() {
		fresh := true
		for _, s := range r.sets {
			fresh = fresh && !slices.Equal(s.nodes, nodes)
		}
		if fresh {
			r.limit(nodes)
		}
	}
	return len(r.sets) > before
}
