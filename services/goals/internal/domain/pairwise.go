package domain

import (
	"math/big"
	"slices"
)

// MaxPairwise is how many items can be compared in pairs: Saaty's random indices end there, and 105 comparisons are more
// than anybody makes with care.
const MaxPairwise = 15

// rootBits is how many binary places of a geometric mean are kept; the rest is cut. The root is found in whole numbers, so
// that everybody who recomputes it gets the same.
const rootBits = 64

// trillion is the unit of a member's weights: they are rounded to the nearest 10^-12, which ordinary floating point finds too.
const trillion = 1_000_000_000_000

// ConsistentPPM is the highest consistency ratio of comparisons that do not contradict each other: 0.10 (Saaty 1980).
const ConsistentPPM = 100_000

// randomIndexMilli is the mean consistency index of random comparisons of n items, in thousandths (Saaty, The Analytic
// Hierarchy Process, 1980, for n up to 15).
var randomIndexMilli = [MaxPairwise + 1]int64{3: 580, 900, 1120, 1240, 1320, 1410, 1450, 1490, 1510, 1480, 1560, 1570, 1590}

// matrix is how many times more each item matters than each other.
type matrix [][]*big.Rat

// matrixOf reads the comparisons of one vote. Items it says nothing of matter equally; an accepted vote leaves none out.
func matrixOf(items []string, comparisons []Comparison) matrix {
	m := make(matrix, len(items))
	for i := range m {
		m[i] = make([]*big.Rat, len(items))
		for j := range m[i] {
			m[i][j] = big.NewRat(1, 1)
		}
	}
	for _, c := range comparisons {
		i, known := slices.BinarySearch(items, c.Preferred)
		j, alsoKnown := slices.BinarySearch(items, c.Other)
		if known && alsoKnown && i != j {
			m[i][j], m[j][i] = big.NewRat(c.Intensity, 1), big.NewRat(1, c.Intensity)
		}
	}
	return m
}

// weights are the geometric means of the rows, as shares of a whole in trillionths (Crawford and Williams, A note on the
// analysis of subjective judgment matrices, 1985).
func (m matrix) weights() []int64 {
	means := make([]*big.Int, len(m))
	sum := new(big.Int)
	for i, row := range m {
		product := big.NewRat(1, 1)
		for _, a := range row {
			product.Mul(product, a)
		}
		means[i] = root(product, len(m))
		sum.Add(sum, means[i])
	}
	out := make([]int64, len(m))
	for i, mean := range means { // mean × trillion ÷ sum, and half of it rounds up
		mean.Mul(mean, big.NewInt(2*trillion)).Add(mean, sum)
		out[i] = mean.Quo(mean, new(big.Int).Lsh(sum, 1)).Int64()
	}
	return out
}

// root is the n-th root of a positive r, times 2^rootBits, cut to a whole number.
func root(r *big.Rat, n int) *big.Int {
	scaled := new(big.Int).Lsh(r.Num(), uint(rootBits*n))
	scaled.Quo(scaled, r.Denom())
	// Newton's method in whole numbers, from above: it falls until it is the root.
	k := big.NewInt(int64(n))
	less := big.NewInt(int64(n - 1))
	x := new(big.Int).Lsh(big.NewInt(1), uint((scaled.BitLen()+n-1)/n))
	for {
		y := new(big.Int).Exp(x, less, nil)
		y.Quo(scaled, y)
		y.Add(y, new(big.Int).Mul(x, less))
		y.Quo(y, k)
		if y.Cmp(x) >= 0 {
			return x
		}
		x = y
	}
}

// ConsistencyPPM is the consistency ratio of comparisons in parts per million, rounded down: (λ − n) ÷ (n − 1) by the random
// index (Saaty 1980). λ stands for the largest eigenvalue: the mean of (A w) ÷ w over the rows, of w the geometric means, which
// is that eigenvalue for three items and close to it for more. It is 0 for two items, which cannot contradict.
func ConsistencyPPM(items []string, comparisons []Comparison) int {
	n := int64(len(items))
	if n < 3 || n > MaxPairwise {
		return 0
	}
	m := matrixOf(items, comparisons)
	w := m.weights()
	lambda := new(big.Rat)
	for i, row := range m {
		for j, a := range row {
			lambda.Add(lambda, new(big.Rat).Mul(a, big.NewRat(w[j], w[i])))
		}
	}
	lambda.Quo(lambda, big.NewRat(n, 1))
	ratio := lambda.Sub(lambda, big.NewRat(n, 1))
	ratio.Quo(ratio, big.NewRat((n-1)*randomIndexMilli[n], 1000))
	ratio.Mul(ratio, big.NewRat(PPM, 1))
	whole := new(big.Int).Div(ratio.Num(), ratio.Denom())
	return max(0, int(whole.Int64())) // rounded weights can leave a consistent matrix a hair below n
}
