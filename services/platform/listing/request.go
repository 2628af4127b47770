package listing

// Message is a generated list request (AIP-132).
type Message interface {
	GetPageSize() int32
	GetPageToken() string
	GetFilter() string
	GetOrderBy() string
}

// Of checks a list request against the schema. extra is whatever else selects the rows, such as the parent.
func Of(m Message, extra string, s Schema) (Query, error) {
	return Parse(Request{
		PageSize: m.GetPageSize(), PageToken: m.GetPageToken(), Filter: m.GetFilter(), OrderBy: m.GetOrderBy(), Extra: extra,
	}, s)
}
