package earmark

import "math/bits"

// set is a bit set of slots.
type set []uint64

// sets makes count sets of slots 0 … slots−1.
func sets(count, slots int) []set {
	words := (slots + 63) / 64
	out, backing := make([]set, count), make(set, count*words)
	for i := range out {
		out[i], backing = backing[:words:words], backing[words:]
	}
	return out
}

func (s set) add(i int32)      { s[i>>6] |= 1 << (i & 63) }
func (s set) remove(i int32)   { s[i>>6] &^= 1 << (i & 63) }
func (s set) has(i int32) bool { return s[i>>6]>>(i&63)&1 == 1 }

// meets says whether two sets have a slot in common.
func (s set) meets(t set) bool {
	for i, word := range s {
		if word&t[i] != 0 {
			return true
		}
	}
	return false
}

// each calls do for every slot.
func (s set) each(do func(i int)) {
	for at, word := range s {
		for ; word != 0; word &= word - 1 {
			do(at<<6 + bits.TrailingZeros64(word))
		}
	}
}
