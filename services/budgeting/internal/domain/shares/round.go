package shares

// next buys one project: of those that their supporters can pay for, the one with the least rho. It returns −1 when there is none.
// Rho never falls within a run, so that only candidates whose lower bound does not exceed the best rho found are looked at: at a glance first,
// which raises the bound, and in full when they are still the first.
func (r *run) next() int32 {
	best := int32(-1)
	r.held = r.held[:0]
	for len(r.queue) > 0 {
		p := r.queue[0]
		if best >= 0 && r.above(&r.cand[p], &r.cand[best]) {
			break
		}
		if r.glance(p) {
			r.sink(0)
			continue
		}
		r.pop()
		switch r.appraise(p, best) {
		case dead:
		case beaten:
			r.held = append(r.held, p)
		case sound:
			if best >= 0 && !r.better(p, best) {
				r.held = append(r.held, p)
				continue
			}
			if best >= 0 {
				r.held = append(r.held, best)
			}
			best = p
		}
	}
	for _, p := range r.held {
		r.push(p)
	}
	if best >= 0 {
		r.buy(best)
	}
	return best
}

// buy lets the supporters of p pay.
func (r *run) buy(p int32) {
	c := &r.cand[p]
	kinds := r.kinds(p)
	classes, weights := r.support.list(p)
	spread := max(c.high-c.price, c.price-c.low)
	now := int32(len(r.rounds)) //nolint:gosec // at most MaxProjects
	done := round{project: p}
	sizes := r.sizes[r.support.start[p]:r.support.start[p+1]]
	pay, doubt := c.price, spread
	for i, class := range classes {
		x := r.left[class]
		if x == 0 {
			continue
		}
		if r.bits > 0 {
			w := int64(weights[i])
			pay, doubt = mulShift(c.price, w, r.bits), mulShift(spread, w, r.bits)+margin
		}
		kind := rich
		if kinds != nil {
			kind = kinds[i]
		} else if x < max(pay, 1) {
			kind = poor
		}
		if kind == rich {
			done.full += int64(sizes[i])
			x -= pay
			e := r.slack[class] + doubt
			if x < 1 { // a purse with something in it never looks empty
				x, e = 1, e+1-x
			}
			r.left[class], r.slack[class] = x, e
			r.least, r.widest = min(r.least, x-e), max(r.widest, e)
			continue
		}
		if kind == equal {
			done.full += int64(sizes[i])
			done.equal = append(done.equal, class)
		} else {
			done.rest += int64(sizes[i])
		}
		r.left[class], r.slack[class], r.emptied[class] = 0, 0, now
		r.least = -1
	}
	r.bought[p] = now
	r.rounds = append(r.rounds, done)
}

// kinds says how each supporter of p pays, from the bounds where they suffice, else from the ledger; nil where the price alone tells.
func (r *run) kinds(p int32) []payer {
	c := &r.cand[p]
	narrow := c.high-c.low <= coarse
	if c.root == nil && narrow && c.clear {
		return nil
	}
	if c.root == nil && narrow {
		classes, weights := r.support.list(p)
		r.sorted = r.sorted[:0]
		sure := true
		for i, class := range classes {
			kind := r.sort(class, int64(weights[i]), c.low, c.high)
			r.sorted = append(r.sorted, kind)
			sure = sure && kind != unsure
		}
		if sure {
			return r.sorted
		}
	}
	if c.root == nil {
		r.resolve(p, c.high)
	}
	return c.root.kinds
}

// The queue is a binary heap by the lower bound of rho.

func (r *run) before(p, q int32) bool {
	a, b := &r.cand[p], &r.cand[q]
	return compare(a.low, a.value, b.low, b.value) < 0
}

func (r *run) heapify() {
	for i := len(r.queue)/2 - 1; i >= 0; i-- {
		r.sink(i)
	}
}

func (r *run) push(p int32) {
	r.queue = append(r.queue, p)
	for i := len(r.queue) - 1; i > 0; {
		up := (i - 1) / 2
		if !r.before(r.queue[i], r.queue[up]) {
			return
		}
		r.queue[i], r.queue[up] = r.queue[up], r.queue[i]
		i = up
	}
}

// pop removes the first.
func (r *run) pop() {
	last := len(r.queue) - 1
	r.queue[0] = r.queue[last]
	r.queue = r.queue[:last]
	r.sink(0)
}

func (r *run) sink(i int) {
	for {
		down := 2*i + 1
		if down >= len(r.queue) {
			return
		}
		if down+1 < len(r.queue) && r.before(r.queue[down+1], r.queue[down]) {
			down++
		}
		if !r.before(r.queue[down], r.queue[i]) {
			return
		}
		r.queue[i], r.queue[down] = r.queue[down], r.queue[i]
		i = down
	}
}
