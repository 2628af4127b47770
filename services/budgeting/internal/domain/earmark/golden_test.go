package earmark

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"math/rand/v2"
	"testing"
)

// bytes are all that a solution says, in order: units, blocks with rates and cuts, and who pays.
func (s Solution) bytes(b []byte) []byte {
	put := func(v int64) { b = binary.AppendVarint(b, v) }
	list := func(v []int32) {
		put(int64(len(v)))
		for _, i := range v {
			put(int64(i))
		}
	}
	for _, x := range s.Units {
		put(x)
	}
	for _, block := range s.Blocks {
		list(block.Classes)
		list(block.Funds)
		put(int64(block.Rate.Direction))
		list([]int32{block.Rate.Last.Claim, block.Rate.Next.Claim})
		put(block.Rate.Last.N)
		put(block.Rate.Next.N)
		put(block.Short)
		if block.Cut != nil {
			put(block.Cut.Demand)
			put(block.Cut.Supply)
		}
	}
	for _, paid := range s.Paid {
		for _, v := range paid {
			put(v)
		}
	}
	return b
}

// TestSolutionsAreTheSameToTheByteEverywhere: a stored allocation must replay on any machine and with any later solver. If a hash changes, old
// plans no longer replay: that is a new engine version.
func TestSolutionsAreTheSameToTheByteEverywhere(t *testing.T) {
	for of, want := range map[kind]string{
		reduction: "bd14724d1af1fa0fdb2493206f321ee110ec9417b1c4ac8962e62fece3ba49fc",
		growth:    "1ed226f7ba0218c0710d716addab69267c20a31954ac577a0d03a662d706a668",
		oneRate:   "3508166078050b0fc459c7a4df85b9977c8ef198f26b85596884ec783f164ef2",
		mixed:     "bd18d5f2d7212c8d7ce77f0f7174412d4e36fea203c239ec01c74211f1d7e4de",
	} {
		t.Run(string(of), func(t *testing.T) {
			r := rand.New(rand.NewPCG(4, uint64(len(of))))
			var b []byte
			for range 2000 {
				b = solve(t, random(r, of).problem()).bytes(b)
			}
			check(t, b, want)
		})
	}
	for _, tc := range []struct {
		city city
		want string
	}{
		{city{funds: 20, claims: 3000, spread: 1, uneven: 90}, "1c8a14e91700104578115268c4d7c99d3ba8e4bf31269b86ed52071db446f3ee"},
		{city{funds: 100, claims: 20_000, spread: 99, uneven: 150}, "35048c97630f56b75afff4994cec6ca1fbf662c9417ac37b5ee1739081234380"},
	} {
		check(t, solve(t, tc.city.problem()).bytes(nil), tc.want)
	}
}

func check(t *testing.T, b []byte, want string) {
	t.Helper()
	sum := sha256.Sum256(b)
	if got := hex.EncodeToString(sum[:]); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}
