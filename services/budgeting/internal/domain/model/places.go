package model

// Places finds items by id. Thousands of cost lines name a few funds, and a map costs more than all else that is done with a line.
type Places struct {
	ids   []string
	slots []slot // at most a quarter of them are taken
}

// slot is where an item may be found.
type slot struct {
	id    string
	place int32 // 1 + place, 0 for none
}

// PlacesOf are the places of items in their list; the first counts where an id repeats.
func PlacesOf[T any](items []T, id func(*T) string) Places {
	size := 4
	for size < 4*len(items) {
		size *= 2
	}
	p := Places{ids: make([]string, len(items)), slots: make([]slot, size)}
	for k := range items {
		p.ids[k] = id(&items[k])
		if s := p.slot(p.ids[k]); s.place == 0 {
			*s = slot{p.ids[k], int32(k) + 1} //nolint:gosec // funds are counted in int32
		}
	}
	return p
}

// PlacesOfFunds are the places of funds.
func PlacesOfFunds(funds []Fund) Places { return PlacesOf(funds, func(f *Fund) string { return f.ID }) }

// Find is the place of an item, −1 for an unknown one.
func (p *Places) Find(id string) int { return int(p.slot(id).place) - 1 }

// ID is that of the item in a place.
func (p *Places) ID(place int) string { return p.ids[place] }

// slot is where the id is, or would be.
func (p *Places) slot(id string) *slot {
	last := uint64(len(p.slots)) - 1
	for at := mixed(id) & last; ; at = (at + 1) & last {
		if s := &p.slots[at]; s.place == 0 || s.id == id {
			return s
		}
	}
}

// mixed tells ids apart by their length and their first and last eight bytes; short ones by the four, or the three, that they have.
func mixed(id string) uint64 {
	n := len(id)
	h := uint64(n) //nolint:gosec // a length is not negative
	switch {
	case n >= 8:
		h = (h^word(id[:8]))*golden ^ word(id[n-8:])
	case n >= 4:
		h = (h^uint64(half(id[:4])))*golden ^ uint64(half(id[n-4:]))
	case n > 0:
		h = h<<24 | uint64(id[0])<<16 | uint64(id[n/2])<<8 | uint64(id[n-1])
	}
	h *= golden
	return h >> 32
}

const golden = 0x9e3779b97f4a7c15 // 2^64 ÷ the golden ratio (Knuth, TAOCP 6.4)

func word(s string) uint64 { return uint64(half(s[:4])) | uint64(half(s[4:8]))<<32 }

func half(s string) uint32 {
	return uint32(s[0]) | uint32(s[1])<<8 | uint32(s[2])<<16 | uint32(s[3])<<24
}
