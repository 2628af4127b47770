package model

// Places finds items by id. Thousands of cost lines name a few funds, and a map costs more than all else that is done with a line.
type Places struct {
	ids   []string
	slots []slot // at most a quarter of them are taken
}

// slot is where an item may be found. The letters tell short ids apart by themselves.
type slot struct {
	id      string
	letters uint64
	size    int32
	place   int32 // 1 + place, 0 for none
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
			*s = slot{p.ids[k], letters(p.ids[k]), int32(len(p.ids[k])), int32(k) + 1} //nolint:gosec // funds, and the letters of one, are counted in int32
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
	last, of := uint64(len(p.slots))-1, letters(id)
	for at := (of ^ uint64(len(id))) * golden >> 32 & last; ; at = (at + 1) & last {
		if s := &p.slots[at]; s.place == 0 || s.letters == of && int(s.size) == len(id) && (len(id) <= 8 || s.id == id) {
			return s
		}
	}
}

// letters are all bytes of an id of up to eight, which tell it from any other of its length; of longer ones the first and last eight are mixed.
func letters(id string) uint64 {
	switch n := len(id); {
	case n > 8:
		return word(id[:8])*golden ^ word(id[n-8:])
	case n >= 4:
		return uint64(half(id[:4])) | uint64(half(id[n-4:]))<<32
	case n > 0:
		return uint64(id[0])<<16 | uint64(id[n/2])<<8 | uint64(id[n-1])
	}
	return 0
}

const golden = 0x9e3779b97f4a7c15 // 2^64 ÷ the golden ratio (Knuth, TAOCP 6.4)

func word(s string) uint64 { return uint64(half(s[:4])) | uint64(half(s[4:8]))<<32 }

func half(s string) uint32 {
	return uint32(s[0]) | uint32(s[1])<<8 | uint32(s[2])<<16 | uint32(s[3])<<24
}
