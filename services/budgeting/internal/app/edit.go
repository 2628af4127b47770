package app

import (
	"github.com/throughline/throughline/services/platform/fault"
	"github.com/throughline/throughline/services/platform/resource"
)

// Edit is an update as its caller sent it.
type Edit[T any] struct {
	Etag         string
	AllowMissing bool                               // create what does not exist
	Apply        func(old T, found bool) (T, error) // the new values, from what is stored or from nothing
}

// edited is a resource that says whether another has the same values; their versions and times do not count.
type edited[T any] interface {
	resource.Resource
	Same(next T) bool
}

// edit updates the resource at key, or creates it where the edit allows. made and changed check the new values. An edit that
// changes nothing writes nothing, so that whatever is sent again leaves no trace.
func edit[T edited[T]](
	c resource.Collection[T], key []string, e Edit[T], made func(next T) (T, error), changed func(old, next T) (T, error),
) (T, error) {
	old, found, err := c.Find(key...)
	if err == nil && !found && !e.AllowMissing {
		return c.Get(key...)
	}
	if err == nil && found {
		err = resource.CheckEtag(old, e.Etag)
	}
	if err != nil {
		return old, err
	}
	var bad fault.Violations // of both the conversion and the resource, so that all are told at once
	next, err := e.Apply(old, found)
	if err := gather(&bad, err); err != nil {
		return old, err
	}
	if found {
		next, err = changed(old, next)
	} else {
		next, err = made(next)
	}
	if err := gather(&bad, err); err != nil {
		return old, err
	}
	if err := bad.Err(); err != nil {
		return old, err
	}
	if found {
		if old.Same(next) {
			return old, nil
		}
		return next, c.Update(next)
	}
	if e.Etag != "" { // the caller read something that is gone
		return next, fault.EtagMismatch(next.Name())
	}
	return next, c.Insert(next)
}

// remove deletes the resource at key unless its etag is stale or user says that it is needed.
func remove[T resource.Resource](c resource.Collection[T], key []string, etag, reason string, user func() (string, error)) error {
	v, err := c.Get(key...)
	if err != nil {
		return err
	}
	if err := resource.CheckEtag(v, etag); err != nil {
		return err
	}
	if user != nil {
		by, err := user()
		if err != nil {
			return err
		}
		if by != "" {
			return fault.State(reason, "%s is used by %s; change or delete that first", v.Name(), by)
		}
	}
	return c.Delete(v)
}
