-- +goose Up

-- Every change of a resource, in commit order, kept for good: the outbox, the audit log and the record-time history.
CREATE TABLE outbox (
    position     INTEGER PRIMARY KEY,
    id           TEXT   NOT NULL UNIQUE,
    source       TEXT   NOT NULL,
    type         TEXT   NOT NULL,
    organization TEXT   NOT NULL,
    subject      TEXT   NOT NULL,
    sequence     BIGINT NOT NULL,
    time         BIGINT NOT NULL,
    actor        TEXT   NOT NULL,
    request_id   TEXT   NOT NULL,
    etag_before  TEXT   NOT NULL,
    etag_after   TEXT   NOT NULL,
    trace_parent TEXT   NOT NULL,
    data         BLOB   NOT NULL,
    UNIQUE (subject, sequence)
);
CREATE INDEX outbox_by_organization ON outbox (organization, position);

-- How far each relay has published.
CREATE TABLE outbox_position (
    relay    TEXT   NOT NULL PRIMARY KEY,
    position BIGINT NOT NULL
);

-- The last event of each aggregate that a consumer has taken in.
CREATE TABLE inbox (
    consumer TEXT   NOT NULL,
    source   TEXT   NOT NULL,
    subject  TEXT   NOT NULL,
    sequence BIGINT NOT NULL,
    PRIMARY KEY (consumer, source, subject)
);

-- Events that a consumer failed to take in, whole, with the reason.
CREATE TABLE dead_letters (
    consumer     TEXT   NOT NULL,
    source       TEXT   NOT NULL,
    id           TEXT   NOT NULL,
    position     BIGINT NOT NULL,
    type         TEXT   NOT NULL,
    organization TEXT   NOT NULL,
    subject      TEXT   NOT NULL,
    sequence     BIGINT NOT NULL,
    time         BIGINT NOT NULL,
    actor        TEXT   NOT NULL,
    request_id   TEXT   NOT NULL,
    etag_before  TEXT   NOT NULL,
    etag_after   TEXT   NOT NULL,
    trace_parent TEXT   NOT NULL,
    data         BLOB   NOT NULL,
    cause        TEXT   NOT NULL,
    PRIMARY KEY (consumer, source, id)
);

-- The answers of requests that carried a request id.
CREATE TABLE idempotency (
    organization TEXT   NOT NULL,
    principal    TEXT   NOT NULL,
    method       TEXT   NOT NULL,
    request_id   TEXT   NOT NULL,
    payload_hash BLOB   NOT NULL,
    response     BLOB   NOT NULL,
    expires      BIGINT NOT NULL,
    PRIMARY KEY (organization, principal, method, request_id)
);
CREATE INDEX idempotency_by_expiry ON idempotency (expires);

-- +goose Down
DROP TABLE idempotency;
DROP TABLE dead_letters;
DROP TABLE inbox;
DROP TABLE outbox_position;
DROP TABLE outbox;
