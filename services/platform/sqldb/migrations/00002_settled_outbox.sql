-- +goose Up

-- The events before which no other can still appear: those who remember how far they read read here, and skip nothing. One writer commits in the
-- order of position, so these are all.
CREATE VIEW settled_outbox AS
SELECT position, id, source, type, organization, subject, sequence, time, actor, request_id, etag_before, etag_after, trace_parent, data
FROM outbox;

-- +goose Down
DROP VIEW settled_outbox;
