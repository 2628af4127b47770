package model

// Places finds items by id. Thousands of cost lines name a few funds, and a map costs more than all else that is done with a line.
type Places struct {
	ids   []string
	slots []int32 // 1 + place, 0 for none; at most half of them are taken
}

// PlacesOf are the places of items in their list; the first counts where an id repeats.
func PlacesOf[T any](items []T, id func(*T) string) Places {
	size := 4
	for size < 2*len(items) {
		size *= 2
	}
	p := Places{ids: make([]string, len(items)), slots: make([]int32, size)}
	for k := range items {
		p.ids[k] = id(&items[k])
		if at := p.slot(p.ids[k]); p.slots[at] == 0 {
			p.slots[at] = int32(k) + 1 //nolint:gosec // funds are counted in int32
		}
	}
	return p
}

// PlacesOfFunds are the places of funds.
func PlacesOfFunds(funds []Fund) Places { return PlacesOf(funds, func(f *Fund) string { return f.ID }) }

// Find is the place of an item, −1 for an unknown one.
func (p *Places) Find(id string) int { return int(p.slots[p.slot(id)]) - 1 }

// slot is where the id is, or would be.
func (p *Places) slot(id string) uint64 {
	last := uint64(len(p.slots)) - 1
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
