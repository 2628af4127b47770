// Package resource keeps versioned resources with an audit row for every change.
package resource

import (
	"strconv"
	"strings"

	"github.com/throughline/throughline/services/platform/fault"
	"github.com/throughline/throughline/services/platform/listing"
)

// Resource is what a collection keeps: a value with a name and a version.
type Resource interface {
	// Name is the full resource name, such as "organizations/o/plans/p".
	Name() string
	// Revision is 1 when created and one more after each change.
	Revision() int64
}

// Collection keeps the resources of one type inside one transaction. Every change it makes also appends the resource's
// new state to the outbox, in the same transaction: that row is event, audit log and history at once.
type Collection[T Resource] interface {
	// Get reads one; NotFound names it.
	Get(key ...string) (T, error)
	// Find reads one, or says that there is none.
	Find(key ...string) (T, bool, error)
	// Insert adds one of revision 1; AlreadyExists names it.
	Insert(v T) error
	// Update replaces the stored revision v.Revision()-1; ETAG_MISMATCH when that is not what is stored.
	Update(v T) error
	// Delete removes the stored revision v.Revision(); ETAG_MISMATCH when that is not what is stored.
	Delete(v T) error
	// List reads a page of those under the parent key; next is empty on the last page.
	List(parent []string, q listing.Query) (page []T, next string, err error)
	// Each streams all those under the parent key, by key.
	Each(parent []string, do func(T) error) error
}

// Etag is the version tag of a resource (AIP-154).
func Etag(r Resource) string { return strconv.FormatInt(r.Revision(), 10) }

// CheckEtag refuses a stale etag; an empty one is not checked.
func CheckEtag(r Resource, etag string) error {
	if etag != "" && strings.Trim(etag, `"`) != Etag(r) {
		return fault.EtagMismatch(r.Name())
	}
	return nil
}

// Organization is the id of the organization in a resource name, or "".
func Organization(name string) string {
	rest, ok := strings.CutPrefix(name, "organizations/")
	if !ok {
		return ""
	}
	id, _, _ := strings.Cut(rest, "/")
	return id
}
