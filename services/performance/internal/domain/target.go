package domain

import "math"

// Direction says which way is better.
type Direction string

// Directions of measures.
const (
	Increase      Direction = "INCREASE"
	Decrease      Direction = "DECREASE"
	MaintainRange Direction = "MAINTAIN_RANGE"
)

// Status is what a result says.
type Status string

// Statuses of results. Unknown is a state of its own, never a low score.
const (
	Unknown Status = "UNKNOWN"
	Met     Status = "MET"
	Missed  Status = "MISSED"
)

// Target is what a measure is meant to reach in the periods that start from Start to End.
type Target struct {
	Start Date
	End   Date
	Value float64 // for MAINTAIN_RANGE the lower end
	Upper float64 // for MAINTAIN_RANGE the upper end, else unused
}

// Judge compares a value with the target: MET when it is at least as good. The margin is how far beyond (positive) or short
// of (negative) the target the value lies, in parts per million of the target, clamped to ±PPM; for MAINTAIN_RANGE it is
// taken to the end of the range that is nearer, in parts of that end.
func (t Target) Judge(d Direction, value float64) (Status, int) {
	ahead, of := value-t.Value, t.Value
	switch d {
	case Decrease:
		ahead = t.Value - value
	case MaintainRange:
		if below := t.Upper - value; below < ahead {
			ahead, of = below, t.Upper
		}
	case Increase:
	}
	status := Missed
	if ahead >= 0 {
		status = Met
	}
	return status, margin(ahead, of)
}

// margin is ahead in parts per million of a target; any distance from a target of 0 is a whole.
func margin(ahead, of float64) int {
	if ahead == 0 {
		return 0
	}
	ppm := math.Copysign(math.Inf(1), ahead)
	if of != 0 {
		ppm = ahead / math.Abs(of) * PPM
	}
	return int(math.Round(max(-PPM, min(PPM, ppm))))
}
