-- +goose Up

-- What is added to transaction numbers. A dump that is restored into a new cluster meets small ones again: migrate then raises it.
CREATE FUNCTION outbox_base() RETURNS bigint LANGUAGE sql IMMUTABLE AS 'SELECT 0::bigint';

-- Positions are ordered as transactions are numbered, and within one as it appends: 43 bits of its number, 20 of the event's.
-- +goose StatementBegin
CREATE FUNCTION outbox_next() RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    n bigint := coalesce(nullif(current_setting('throughline.outbox', true), ''), '0')::bigint;
BEGIN
    IF n >= 1048576 THEN
        RAISE EXCEPTION 'a transaction appends at most 1048576 events; write in chunks';
    END IF;
    PERFORM set_config('throughline.outbox', (n + 1)::text, true); -- until the transaction's end
    RETURN (outbox_base() + pg_current_xact_id()::text::bigint) << 20 | n;
END
$$;
-- +goose StatementEnd

ALTER TABLE outbox ALTER COLUMN position SET DEFAULT outbox_next();

-- The events before which no other can still appear: those who remember how far they read read here, and skip nothing. Transactions commit in any
-- order, but all that are numbered below the snapshot's xmin have ended.
CREATE VIEW settled_outbox AS
SELECT position, id, source, type, organization, subject, sequence, time, actor, request_id, etag_before, etag_after, trace_parent, data
FROM outbox
WHERE position < (outbox_base() + pg_snapshot_xmin(pg_current_snapshot())::text::bigint) << 20;

-- +goose Down
DROP VIEW settled_outbox;
ALTER TABLE outbox ALTER COLUMN position DROP DEFAULT;
DROP FUNCTION outbox_next();
DROP FUNCTION outbox_base();
