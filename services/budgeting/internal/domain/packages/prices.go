package packages

import "math"

// fixed turns prices into integers scaled by 2^shift, with the largest shift at which every partial sum of the dual bound stays below 2^62.
func (in *instance) fixed(price []float64) (fixed []int64, shift uint8) {
	const most = 40
	total := 1.0
	for k, p := range price {
		total += float64(p * float64(in.capacity[k]))
	}
	for u := range in.size() {
		value, cost := 0.0, 0.0
		for o := in.first[u]; o < in.first[u+1]; o++ {
			value = max(value, math.Abs(float64(in.value[o])))
			sum := 0.0
			for _, c := range in.of(o) {
				sum += float64(float64(c.Units) * lowest(price, in.eligible[c.Class]))
			}
			cost = max(cost, sum)
		}
		total += value + cost
	}
	room := most
	for room > 0 && math.Ldexp(total, room) >= 1<<61 {
		room--
	}
	factor := math.Ldexp(1, room)
	for float64(total*factor) >= 1<<62 { // prices too high for the numbers at hand are lowered: a weaker bound, and a true one
		factor /= 2
	}
	fixed = make([]int64, len(price))
	for k, p := range price {
		fixed[k] = int64(math.RoundToEven(p * factor))
	}
	return fixed, uint8(room) //nolint:gosec // between 0 and 40
}

// publish brings the prices of parts to one scale, the finest at which every partial sum of the dual bound of all groups stays below 2^62.
func (p *Problem) publish(parts [][]int64, shifts []uint8) (prices []int64, shift uint8) {
	shift = 40
	for _, s := range shifts {
		shift = min(shift, s)
	}
	prices = make([]int64, len(p.Capacity))
	for i, part := range parts {
		for k, price := range part {
			prices[k] += price >> (shifts[i] - shift)
		}
	}
	total := 1.0
	for k, price := range prices {
		total += float64(float64(price) * float64(p.Capacity[k]))
	}
	for g := range p.Groups {
		most := 0.0
		for _, l := range p.Groups[g].Levels {
			sum := math.Ldexp(math.Abs(float64(l.Value)), int(shift))
			for _, c := range l.Costs {
				sum += float64(float64(c.Units) * float64(lowest(prices, p.Eligible[c.Class])))
			}
			most = max(most, sum)
		}
		total += most
	}
	for ; total >= 1<<61; total /= 2 {
		shift -= min(shift, 1)
		for k := range prices {
			prices[k] >>= 1
		}
	}
	return prices, shift
}

// dual is the bound that node prices give.
func (p *Problem) dual(prices []int64, shift uint8) int64 {
	var sum int64
	for k, price := range prices {
		sum += price * p.Capacity[k]
	}
	for g := range p.Groups {
		most, some := int64(0), !p.Groups[g].Required
		for _, l := range p.Groups[g].Levels {
			v := l.Value << shift
			for _, c := range l.Costs {
				v -= c.Units * lowest(prices, p.Eligible[c.Class])
			}
			if !some || v > most {
				most, some = v, true
			}
		}
		sum += most
	}
	return sum >> shift
}

func lowest[T int64 | float64](price []T, nodes []int32) T {
	out := price[nodes[0]]
	for _, k := range nodes[1:] {
		out = min(out, price[k])
	}
	return out
}
