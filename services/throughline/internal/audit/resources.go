package audit

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/throughline/throughline/services/platform/authn"
	"github.com/throughline/throughline/services/platform/fault"
	"github.com/throughline/throughline/services/platform/sqldb"

	goalsv1 "github.com/throughline/throughline/proto/gen/throughline/goals/v1"
)

const organizationType = "throughline.goals/Organization"

// find lists the organizations to audit.
func (a *auditor) find(ctx context.Context) error {
	ctx, err := a.with(ctx, authn.Identity{Subject: "audit", Organization: authn.NoOrganization, Roles: []string{authn.RoleOperator}})
	if err != nil {
		return err
	}
	all := listed(ctx, goalsv1.NewGoalsServiceClient(a.Conn).ListOrganizations, func(token string) *goalsv1.ListOrganizationsRequest {
		return &goalsv1.ListOrganizationsRequest{PageSize: pageSize, PageToken: token}
	}, (*goalsv1.ListOrganizationsResponse).GetOrganizations)
	for o, err := range all {
		if err != nil {
			return fmt.Errorf("list the organizations: %s", cause(err))
		}
		if id := idOf(o.GetName()); a.Organization == "" || id == a.Organization {
			a.organizations = append(a.organizations, id)
		}
	}
	if a.Organization != "" && len(a.organizations) == 0 {
		return fault.Missing("organizations/" + a.Organization)
	}
	return nil
}

// walk visits the stored resources of an organization, parents first.
type walk struct {
	*auditor
	check    *Check
	children map[string][]lister // by type of the parent
	visit    func(ctx context.Context, l lister, page []proto.Message) error
}

// resources compares what services answer with what their events tell, both ways.
func resources(ctx context.Context, a *auditor, c *Check) error {
	all, err := listers()
	if err != nil {
		return err
	}
	w := walk{auditor: a, check: c, children: map[string][]lister{}}
	for _, l := range all {
		w.children[l.parent] = append(w.children[l.parent], l)
	}
	return a.each(ctx, func(ctx context.Context, organization string) error {
		stored := map[kind]int64{}
		w.visit = func(ctx context.Context, l lister, page []proto.Message) error {
			stored[kind{organization, l.collections}] += int64(len(page))
			return a.compare(ctx, c, l, page)
		}
		if err := w.root(ctx, organization); err != nil {
			return err
		}
		for _, l := range all {
			k := kind{organization, l.collections}
			if stored[k] < a.live[k] {
				if err := w.missing(ctx, organization, l); err != nil {
					return err
				}
			}
		}
		return nil
	})
}

// root visits the organization itself and all below it.
func (w walk) root(ctx context.Context, organization string) error {
	name := "organizations/" + organization
	o, err := goalsv1.NewGoalsServiceClient(w.Conn).GetOrganization(ctx, &goalsv1.GetOrganizationRequest{Name: name})
	if err != nil {
		w.check.unread(name, err)
		return nil
	}
	self := lister{service: "goals", collections: "organizations", item: o.ProtoReflect().Type()}
	if err := w.visit(ctx, self, []proto.Message{o}); err != nil {
		return err
	}
	return w.below(ctx, organizationType, name)
}

// below visits what lies below a resource of a type.
func (w walk) below(ctx context.Context, parent, name string) error {
	for _, l := range w.children[parent] {
		for token, more := "", true; more; more = token != "" {
			page, next, err := l.page(ctx, w.auditor, name, token)
			if err != nil {
				w.check.unread(name+l.collections[strings.LastIndexByte(l.collections, '/'):], err)
				break
			}
			if err := w.visit(ctx, l, page); err != nil {
				return err
			}
			if len(w.children[l.resource]) > 0 {
				for _, m := range page {
					if err := w.below(ctx, l.resource, field(m, "name")); err != nil {
						return err
					}
				}
			}
			token = next
		}
	}
	return nil
}

// page reads one page of resources.
func (l lister) page(ctx context.Context, a *auditor, parent, token string) (page []proto.Message, next string, err error) {
	request, answer := l.input.New(), l.output.New()
	set := func(name protoreflect.Name, v protoreflect.Value) {
		request.Set(l.input.Descriptor().Fields().ByName(name), v)
	}
	set("parent", protoreflect.ValueOfString(parent))
	set("page_size", protoreflect.ValueOfInt32(pageSize))
	set("page_token", protoreflect.ValueOfString(token))
	if err := a.Conn.Invoke(ctx, l.method, request.Interface(), answer.Interface()); err != nil {
		return nil, "", err
	}
	items := answer.Get(l.items).List()
	for i := range items.Len() {
		page = append(page, items.Get(i).Message().Interface())
	}
	return page, field(answer.Interface(), "next_page_token"), nil
}

// get reads one resource, whole.
func (l lister) get(ctx context.Context, a *auditor, name string) (proto.Message, error) {
	request, answer := l.getInput.New(), l.item.New()
	request.Set(l.getInput.Descriptor().Fields().ByName("name"), protoreflect.ValueOfString(name))
	err := a.Conn.Invoke(ctx, l.getter, request.Interface(), answer.Interface())
	return answer.Interface(), err
}

// field is a text field of a message.
func field(m proto.Message, name protoreflect.Name) string {
	r := m.ProtoReflect()
	return r.Get(r.Descriptor().Fields().ByName(name)).String()
}

// versioned is the condition that an event left a version of its subject, or its end.
const versioned = "(etag_before <> '' OR etag_after <> '')"

// lastEvent is the last event of a subject that left a version.
type lastEvent struct {
	etag string
	data []byte
}

// compare holds a page of resources against their last events.
func (a *auditor) compare(ctx context.Context, c *Check, l lister, page []proto.Message) error {
	names := make([]string, len(page))
	for i, m := range page {
		names[i] = field(m, "name")
	}
	last := make(map[string]lastEvent, len(page))
	err := a.store(l.service).DB.Read(ctx, func(tx sqldb.Tx) error {
		for part := range sqldb.Batches(names) {
			err := tx.Query("SELECT subject, etag_after, data FROM outbox WHERE subject IN ("+sqldb.Marks(len(part))+") AND sequence = "+
				"(SELECT MAX(sequence) FROM outbox AS later WHERE later.subject = outbox.subject AND "+versioned+")", sqldb.Args(nil, part),
				func(r sqldb.Row) error {
					last[r.Text(0)] = lastEvent{r.Text(1), r.Bytes(2)}
					return nil
				})
			if err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("the outbox of %s: %w", l.service, err)
	}
	for i, m := range page {
		c.Looked++
		if e, known := last[names[i]]; !known {
			a.tell(c, names[i], "an event that tells of it", "none")
		} else if differs := a.differs(ctx, l, m, e); differs != "" {
			a.tell(c, names[i], "what its last event tells: version "+e.etag, differs)
		}
	}
	return nil
}

// tell finds something of a resource unless an earlier check did.
func (a *auditor) tell(c *Check, resource, expected, found string) {
	if !a.told[resource] {
		c.find(resource, remedyRestore, expected, found)
	}
}

// derived are the fields that are worked out when a resource is read, from others or from the day.
var derived = map[protoreflect.FullName]bool{
	"throughline.budgeting.v1.Allocation.stale":                   true,
	"throughline.budgeting.v1.Allocation.stale_reasons":           true,
	"throughline.budgeting.v1.Allocation.progress":                true,
	"throughline.actionplanning.v1.Strategy.progress_ppm":         true,
	"throughline.actionplanning.v1.Objective.progress_ppm":        true,
	"throughline.actionplanning.v1.Assignment.over_allocated":     true,
	"throughline.actionplanning.v1.SuccessionProposal.candidates": true,
	"throughline.actionplanning.v1.Employee.status":               true, // these are of the day, by jobs, leaves and end_date
	"throughline.actionplanning.v1.Employee.title":                true,
	"throughline.actionplanning.v1.Employee.department":           true,
	"throughline.actionplanning.v1.Employee.manager":              true,
	"throughline.actionplanning.v1.Employee.position":             true,
	"throughline.actionplanning.v1.Employee.fte_ppm":              true,
}

// differs says in what a resource is not as its event told; "" when it is.
func (a *auditor) differs(ctx context.Context, l lister, stored proto.Message, e lastEvent) string {
	if etag := field(stored, "etag"); etag != e.etag {
		return "version " + etag
	}
	told := l.item.New().Interface()
	if err := proto.Unmarshal(e.data, told); err != nil {
		return "an event that cannot be read: " + err.Error()
	}
	fields := differing(stored, told)
	if fields != "" && l.getter != "" { // lists may leave parts out
		whole, err := l.get(ctx, a, field(stored, "name"))
		if err != nil {
			return "it cannot be read: " + cause(err)
		}
		fields = differing(whole, told)
	}
	if fields != "" {
		fields = "the same version with other values of " + fields
	}
	return fields
}

// differing are the names of the fields that differ.
func differing(a, b proto.Message) string {
	var names []string
	x, y := a.ProtoReflect(), b.ProtoReflect()
	for i := range x.Descriptor().Fields().Len() {
		f := x.Descriptor().Fields().Get(i)
		if !derived[f.FullName()] && (x.Has(f) != y.Has(f) || !x.Get(f).Equal(y.Get(f))) {
			names = append(names, string(f.Name()))
		}
	}
	return strings.Join(names, ", ")
}

// missing finds the resources that events tell of and that are not stored. It remembers every name, for there is damage.
func (w walk) missing(ctx context.Context, organization string, of lister) error {
	stored := map[string]bool{}
	w.visit = func(_ context.Context, l lister, page []proto.Message) error {
		for _, m := range page {
			if l.collections == of.collections {
				stored[field(m, "name")] = true
			}
		}
		return nil
	}
	c := w.check
	w.check = &Check{} // what cannot be read has been told
	if err := w.root(ctx, organization); err != nil {
		return err
	}
	name, lost := "organizations/"+organization, map[string]string{}
	err := w.store(of.service).DB.Read(ctx, func(tx sqldb.Tx) error {
		clear(lost)
		return tx.Query("SELECT subject, etag_after FROM outbox WHERE subject >= ? AND subject < ? AND "+versioned+" ORDER BY subject, sequence",
			[]any{name + "/", name + "0"}, func(r sqldb.Row) error {
				subject := r.Text(0)
				if collections, _ := collectionsOf(subject); collections == of.collections && !stored[subject] {
					lost[subject] = r.Text(1)
				}
				return nil
			})
	})
	if err != nil {
		return fmt.Errorf("the outbox of %s: %w", of.service, err)
	}
	for _, subject := range slices.Sorted(maps.Keys(lost)) {
		if etag := lost[subject]; etag != "" {
			w.tell(c, subject, "what its last event tells: version "+etag, "nothing stored")
		}
	}
	return nil
}
