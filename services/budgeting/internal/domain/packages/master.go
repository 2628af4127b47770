package packages

// master is the small linear program of a column generation (Dantzig and Wolfe 1960): the best mix of whole choices whose average load fits.
// It only proposes prices, and whatever it proposes is turned into integers and proven as such; so it may compute in floating point. Products are
// rounded before they are added, which keeps every machine from fusing the two: proposals are the same everywhere.
//
// Row 0 asks that the shares of the mix add up to one; row i+1 that the average load of resource i, as a part of its capacity, is at most 1.
type master struct {
	penalty float64
	value   []float64   // of each column
	load    [][]float64 // of each column, by row
	basis   []int       // variable of each row: a column, or slack(i), or excess(i)
	inverse [][]float64 // of the basis
	amount  []float64   // of each basic variable
	price   []float64   // of each row
	enter   []float64   // of the entering variable
}

func (m *master) rows() int { return len(m.basis) }
func slack(row int) int     { return -2 * row }
func excess(row int) int    { return -2*row + 1 }

// start makes the first column the whole mix.
func (m *master) start(value float64) {
	m.value, m.load = append(m.value, value), append(m.load, []float64{1})
	m.basis, m.inverse, m.amount, m.price = []int{0}, [][]float64{{1}}, []float64{1}, []float64{value}
}

// row adds a resource with the load of every column so far.
func (m *master) row(load []float64) {
	r := m.rows()
	for k := range m.load {
		m.load[k] = append(m.load[k], load[k])
	}
	for i := range m.inverse {
		m.inverse[i] = append(m.inverse[i], 0)
	}
	m.inverse, m.basis, m.amount, m.price = append(m.inverse, make([]float64, r+1)), append(m.basis, 0), append(m.amount, 0), append(m.price, 0)
	total := 0.0
	for i, b := range m.basis[:r] {
		if b >= 0 {
			total += float64(m.amount[i] * load[b])
		}
	}
	sign := 1.0
	m.basis[r], m.amount[r] = slack(r), 1-total
	if total > 1 {
		sign, m.basis[r], m.amount[r] = -1, excess(r), total-1
	}
	last := m.inverse[r]
	last[r] = sign
	for i, b := range m.basis[:r] {
		if b >= 0 && load[b] != 0 {
			for j := range r {
				last[j] -= float64(sign * float64(load[b]*m.inverse[i][j]))
			}
		}
	}
	m.reprice()
}

// column adds a choice.
func (m *master) column(value float64, load []float64) {
	m.value, m.load = append(m.value, value), append(m.load, load)
}

func (m *master) cost(v int) float64 {
	switch {
	case v >= 0:
		return m.value[v]
	case v%2 == 0:
		return 0
	default:
		return -m.penalty
	}
}

func (m *master) reprice() {
	for j := range m.price {
		m.price[j] = 0
		for i, b := range m.basis {
			if c := m.cost(b); c != 0 {
				m.price[j] += float64(c * m.inverse[i][j])
			}
		}
	}
}

// gain is what the mix would win per unit of a variable.
func (m *master) gain(v int) float64 {
	switch {
	case v >= 0:
		g := m.value[v]
		for j, a := range m.load[v] {
			g -= float64(m.price[j] * a)
		}
		return g
	case v%2 == 0:
		return -m.price[-v/2]
	default:
		return m.price[(1-v)/2] - m.penalty
	}
}

// solve pivots until no variable wins more than the tolerance.
func (m *master) solve(tolerance float64) {
	for range 200 + 50*m.rows() {
		best, entering := tolerance, 0
		found := false
		consider := func(v int) {
			if g := m.gain(v); g > best {
				best, entering, found = g, v, true
			}
		}
		for v := range m.value {
			consider(v)
		}
		for r := 1; r < m.rows(); r++ {
			consider(slack(r))
			consider(excess(r))
		}
		if !found || !m.pivot(entering) {
			return
		}
	}
}

// pivot brings a variable into the basis.
func (m *master) pivot(v int) bool {
	const tiny = 1e-11
	rows := m.rows()
	m.enter = append(m.enter[:0], make([]float64, rows)...)
	for i := range rows {
		switch {
		case v >= 0:
			for j, a := range m.load[v] {
				m.enter[i] += float64(m.inverse[i][j] * a)
			}
		case v%2 == 0:
			m.enter[i] = m.inverse[i][-v/2]
		default:
			m.enter[i] = -m.inverse[i][(1-v)/2]
		}
	}
	leave, least := -1, 0.0
	for i, a := range m.enter {
		if a <= tiny {
			continue
		}
		if ratio := m.amount[i] / a; leave < 0 || ratio < least || ratio == least && a > m.enter[leave] {
			leave, least = i, ratio
		}
	}
	if leave < 0 {
		return false
	}
	p := m.enter[leave]
	for j := range rows {
		m.inverse[leave][j] /= p
	}
	for i, a := range m.enter {
		if i == leave || a == 0 {
			continue
		}
		for j, b := range m.inverse[leave] {
			m.inverse[i][j] -= float64(a * b)
		}
		m.amount[i] = max(0, m.amount[i]-float64(a*least))
	}
	m.amount[leave], m.basis[leave] = least, v
	m.reprice()
	return true
}
