package model

// Places finds items by id. Thousands of cost lines name a few funds, and a map costs more than all else that is done with a line.
type Places struct {
	ids   []string
	slots []slot // at most a quarter of them are taken
	shift uint   // that leaves as many bits as number the slots
}

// slot is where an item may be found.
type slot struct {
	letters uint64 // of the id
	id      string
	place   int32 // 1 + place, 0 for none
}

// PlacesOf are the places of items in their list; the first counts where an id repeats.
func PlacesOf[T any](items []T, id func(*T) string) Places {
	digits := uint(2)
	for 1<<digits < 4*len(items) {
		digits++
	}
	p := Places{ids: make([]string, len(items)), slots: make([]slot, 1<<digits), shift: 64 - digits}
	for k := range items {
		p.ids[k] = id(&items[k])
		of := letters(p.ids[k])
		if s := p.slot(p.ids[k], of); s.place == 0 {
			*s = slot{of, p.ids[k], int32(k) + 1} //nolint:gosec // funds are counted in int32
		}
	}
	return p
}

// PlacesOfFunds are the places of funds.
func PlacesOfFunds(funds []Fund) Places { return PlacesOf(funds, func(f *Fund) string { return f.ID }) }

// Find is the place of an item, −1 for an unknown one.
func (p *Places) Find(id string) int {
	of := letters(id)
	if s := &p.slots[p.home(of)]; s.letters == of && of < long { // as of nearly every id
		return int(s.place) - 1
	}
	return int(p.slot(id, of).place) - 1
}

// ID is that of the item in a place.
func (p *Places) ID(place int) string { return p.ids[place] }

// home is where an id of these letters is looked for first.
func (p *Places) home(letters uint64) uint64 { return letters * golden >> (p.shift & 63) }

// slot is where the id is, or would be.
func (p *Places) slot(id string, letters uint64) *slot {
	for at := p.home(letters); ; at = (at + 1) & (uint64(len(p.slots)) - 1) {
		if s := &p.slots[at]; s.place == 0 || s.letters == letters && (letters < long || s.id == id) {
			return s
		}
	}
}

// letters are all bytes of an id of less than eight and their number, which tell it from any other; of longer ones the first and last eight are mixed.
func letters(id string) uint64 {
	switch n := len(id); {
	case n >= 8:
		return word(id[:8])*golden ^ word(id[n-8:]) | long
	case n >= 4:
		return uint64(half(id[:4])) | uint64(half(id[n-4:])>>(8*(8-n)))<<32 | uint64(n)<<56
	case n > 0:
		return uint64(id[0]) | uint64(id[n/2])<<8 | uint64(id[n-1])<<16 | uint64(n)<<56
	}
	return 0
}

const (
	golden = 0x9e3779b97f4a7c15 // 2^64 ÷ the golden ratio (Knuth, TAOCP 6.4)
	long   = 1 << 63            // among letters: they are not all
)

func word(s string) uint64 { return uint64(half(s[:4])) | uint64(half(s[4:8]))<<32 }

func half(s string) uint32 {
	return uint32(s[0]) | uint32(s[1])<<8 | uint32(s[2])<<16 | uint32(s[3])<<24
}
