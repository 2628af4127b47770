-- +goose Up

-- codec is '' where the bytes are kept as they are and 's2' where they are one S2 block each (see sqlstore/pack.go).
ALTER TABLE allocation_proofs ADD COLUMN codec TEXT COLLATE "C" NOT NULL DEFAULT '';

-- The lines of an allocation are written once and read whole or listed page by page: one text (see sqlstore/linetext.go).
ALTER TABLE allocation_lines RENAME TO allocation_line_rows;
CREATE TABLE allocation_lines (
    organization_id TEXT COLLATE "C" NOT NULL,
    budget_id TEXT COLLATE "C" NOT NULL,
    allocation_id TEXT COLLATE "C" NOT NULL,
    codec TEXT COLLATE "C" NOT NULL,
    body BYTEA NOT NULL,
    PRIMARY KEY (organization_id, budget_id, allocation_id),
    FOREIGN KEY (organization_id, budget_id, allocation_id) REFERENCES allocations (organization_id, budget_id, allocation_id)
);
-- No line was ever kept as a row on PostgreSQL.
DROP TABLE allocation_line_rows;

-- How often an organization's programs were written (budget_id is ''), and the requests of each budget: what was read at
-- the same counts is the same.
CREATE TABLE ask_writes (
    organization_id TEXT COLLATE "C" NOT NULL,
    budget_id TEXT COLLATE "C" NOT NULL,
    writes BIGINT NOT NULL,
    PRIMARY KEY (organization_id, budget_id)
);

-- +goose Down
-- Lines cannot be told apart again: whoever needs the figures of old allocations restores a backup instead.
DROP TABLE ask_writes;
DROP TABLE allocation_lines;
CREATE TABLE allocation_lines (
    organization_id TEXT COLLATE "C" NOT NULL,
    budget_id TEXT COLLATE "C" NOT NULL,
    allocation_id TEXT COLLATE "C" NOT NULL,
    program_id TEXT COLLATE "C" NOT NULL,
    display_name TEXT COLLATE "C" NOT NULL,
    department TEXT COLLATE "C" NOT NULL,
    base BIGINT NOT NULL,
    fixed BIGINT NOT NULL,
    floor BIGINT NOT NULL,
    allocated BIGINT NOT NULL,
    score_bp BIGINT NOT NULL,
    flagged BIGINT NOT NULL,
    reason_code TEXT COLLATE "C" NOT NULL,
    funding TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (organization_id, budget_id, allocation_id, program_id)
);
ALTER TABLE allocation_proofs DROP COLUMN codec;
