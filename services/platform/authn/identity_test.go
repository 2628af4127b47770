package authn_test

import (
	"context"
	"testing"

	"github.com/throughline/throughline/services/platform/authn"
)

func TestIdentity(t *testing.T) {
	for _, c := range []struct {
		name             string
		id               authn.Identity
		principal        string
		bound, anonymous bool
	}{
		{"person", authn.Identity{Subject: "ann", Organization: "okc", Roles: []string{"staff"}}, "ann", true, false},
		{"service for a person", authn.Identity{Subject: "service:goals", Actor: "ann", Organization: "okc", Roles: []string{"service"}}, "ann", true, false},
		{"service for itself", authn.Identity{Subject: "service:goals", Organization: "okc", Roles: []string{"service"}}, "service:goals", true, false},
		{"person who claims an actor", authn.Identity{Subject: "eve", Actor: "ann", Organization: "okc", Roles: []string{"staff"}}, "eve", true, false},
		{"operator", authn.Identity{Subject: "root", Organization: authn.NoOrganization, Roles: []string{"operator"}}, "root", false, false},
		{"anybody", authn.Identity{Roles: []string{"public"}}, "", false, true},
	} {
		if c.id.Principal() != c.principal || c.id.Bound() != c.bound || c.id.Anonymous() != c.anonymous {
			t.Errorf("%s: principal %q, bound %v, anonymous %v", c.name, c.id.Principal(), c.id.Bound(), c.id.Anonymous())
		}
	}
	if _, ok := authn.FromContext(context.Background()); ok {
		t.Error("an identity from nowhere")
	}
	if id, ok := authn.FromContext(authn.NewContext(context.Background(), authn.Identity{Subject: "ann"})); !ok || id.Subject != "ann" {
		t.Errorf("got %+v", id)
	}
}
