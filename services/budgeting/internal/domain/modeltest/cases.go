package modeltest

import (
	"os"
	"strconv"
)

// casesVariable multiplies how many random cases tests try. `make check` sets it: every property is then tried on a hundred thousand inputs or more.
const casesVariable = "THROUGHLINE_CASES"

// Cases is how many random cases a test tries that has usual of them: as many times more as the environment asks for.
func Cases(usual int) int {
	if times, err := strconv.Atoi(os.Getenv(casesVariable)); err == nil && times > 1 {
		return usual * times
	}
	return usual
}
