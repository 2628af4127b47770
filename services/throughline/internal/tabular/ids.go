package tabular

import (
	"crypto/sha256"
	"encoding/hex"
	"regexp"
	"strings"
)

// maxIDLength is the longest resource id of AIP-122.
const maxIDLength = 63

var resourceID = regexp.MustCompile(`^[a-z]([a-z0-9-]{0,61}[a-z0-9])?$`)

// IsResourceID says whether s can be a resource id as it stands.
func IsResourceID(s string) bool { return resourceID.MatchString(s) }

// ResourceID makes a resource id ([a-z][a-z0-9-]{0,62}) of a prefix and a code. It depends on nothing else, so that it is the same in
// every import. A code that is lower-case letters, digits and single inner hyphens is kept as it is; any other gets a short hash of
// the exact code behind its readable part, so that "A_B", "A-B" and "a b" stay apart.
func ResourceID(prefix, code string) string {
	slug := slugged(code)
	id := prefix + "-" + slug
	if slug == code && slug != "" && len(id) <= maxIDLength {
		return id
	}
	sum := sha256.Sum256([]byte(code))
	tail := hex.EncodeToString(sum[:5])
	keep := maxIDLength - len(prefix) - len(tail) - 2
	slug = strings.TrimRight(slug[:min(len(slug), keep)], "-")
	if slug == "" {
		return prefix + "-" + tail
	}
	return prefix + "-" + slug + "-" + tail
}

// slugged is code with everything but lower-case letters and digits replaced by single hyphens.
func slugged(code string) string {
	var b strings.Builder
	hyphen := false
	for _, r := range strings.ToLower(code) {
		if r >= 'a' && r <= 'z' || r >= '0' && r <= '9' {
			if hyphen && b.Len() > 0 {
				b.WriteByte('-')
			}
			b.WriteRune(r)
			hyphen = false
			continue
		}
		hyphen = true
	}
	return b.String()
}
