package model

// Places finds funds by id. Thousands of cost lines name a few funds, and a map costs more than all else that is done with a line.
type Places struct {
	ids   []string
	slots []int32 // 1 + place, 0 for none; at most half of them are taken
}

// PlacesOf are the places of funds in their list.
func PlacesOf(funds []Fund) Places {
	size := 4
	for size < 2*len(funds) {
		size *= 2
	}
	p := Places{ids: make([]string, len(funds)), slots: make([]int32, size)}
	for k := range funds {
		p.ids[k] = funds[k].ID
		if at := p.slot(p.ids[k]); p.slots[at] == 0 {
			p.slots[at] = int32(k) + 1 //nolint:gosec // funds are counted in int32
		}
	}
	return p
}

// Find is the place of a fund, −1 for an unknown one.
func (p *Places) Find(id string) int { return int(p.slots[p.slot(id)]) - 1 }

// slot is where the id is, or would be.
func (p *Places) slot(id string) uint64 {
	last := uint64(len(p.slots) - 1)
	for at := mixed(id) & last; ; at = (at + 1) & last {
		if k := p.slots[at]; k == 0 || p.ids[k-1] == id {
			return at
		}
	}
}

// mixed tells ids apart by their length and their first and last eight bytes.
func mixed(id string) uint64 {
	h := uint64(len(id))
	if len(id) < 8 {
		for i := range len(id) {
			h = h<<8 | uint64(id[i])
		}
	} else {
		h = (h^word(id[:8]))*0x9e3779b97f4a7c15 ^ word(id[len(id)-8:])
	}
	h *= 0x9e3779b97f4a7c15 // 2^64 ÷ the golden ratio (Knuth, TAOCP 6.4)
	return h >> 32
}

func word(s string) uint64 {
	return uint64(s[0]) | uint64(s[1])<<8 | uint64(s[2])<<16 | uint64(s[3])<<24 | uint64(s[4])<<32 | uint64(s[5])<<40 | uint64(s[6])<<48 | uint64(s[7])<<56
}
