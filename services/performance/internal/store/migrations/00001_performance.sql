-- +goose Up
CREATE TABLE measures (
    organization_id TEXT NOT NULL,
    measure_id TEXT NOT NULL,
    display_name TEXT NOT NULL,
    description TEXT NOT NULL,
    kind TEXT NOT NULL,
    unit TEXT NOT NULL,
    direction TEXT NOT NULL,
    frequency TEXT NOT NULL,
    baseline DOUBLE PRECISION,
    targets TEXT NOT NULL,
    links TEXT NOT NULL,
    owner TEXT NOT NULL,
    source TEXT NOT NULL,
    vital_sign INTEGER NOT NULL,
    version BIGINT NOT NULL,
    create_time BIGINT NOT NULL,
    update_time BIGINT NOT NULL,
    PRIMARY KEY (organization_id, measure_id)
);

-- Rows are only ever added: a changed value is the next revision of its cell. The key serves every read: the cells of a
-- measure by period, the latest revision of a cell, the latest period of a measure.
CREATE TABLE observations (
    organization_id TEXT NOT NULL,
    measure_id TEXT NOT NULL,
    period_start TEXT NOT NULL,
    dimension TEXT NOT NULL,
    revision BIGINT NOT NULL,
    value DOUBLE PRECISION NOT NULL,
    source TEXT NOT NULL,
    record_time BIGINT NOT NULL,
    recorded_by TEXT NOT NULL,
    PRIMARY KEY (organization_id, measure_id, period_start, dimension, revision),
    FOREIGN KEY (organization_id, measure_id) REFERENCES measures (organization_id, measure_id)
);

-- Signals are kept as the canonical text that content_hash is of, so that anybody can check it. It comes last: what is
-- read without it need not skip over it.
CREATE TABLE results_revisions (
    organization_id TEXT NOT NULL,
    results_revision_id TEXT NOT NULL,
    content_hash TEXT NOT NULL,
    effective_time BIGINT NOT NULL,
    sequence BIGINT NOT NULL,
    version BIGINT NOT NULL,
    canonical TEXT NOT NULL,
    PRIMARY KEY (organization_id, results_revision_id),
    UNIQUE (organization_id, sequence)
);

-- +goose Down
DROP TABLE results_revisions;
DROP TABLE observations;
DROP TABLE measures;
