-- +goose Up

-- codec is '' where the bytes are kept as they are and 's2' where they are one S2 block each (see sqlstore/pack.go).
ALTER TABLE allocation_proofs ADD COLUMN codec TEXT NOT NULL DEFAULT '';

-- The lines of an allocation are written once and read whole or listed page by page: one text (see sqlstore/linetext.go).
ALTER TABLE allocation_lines RENAME TO allocation_line_rows;
CREATE TABLE allocation_lines (
    organization_id TEXT NOT NULL,
    budget_id TEXT NOT NULL,
    allocation_id TEXT NOT NULL,
    codec TEXT NOT NULL,
    body BLOB NOT NULL,
    PRIMARY KEY (organization_id, budget_id, allocation_id),
    FOREIGN KEY (organization_id, budget_id, allocation_id) REFERENCES allocations (organization_id, budget_id, allocation_id)
);
INSERT INTO allocation_lines (organization_id, budget_id, allocation_id, codec, body)
SELECT organization_id, budget_id, allocation_id, '', CAST(group_concat(
    program_id || char(9) || replace(replace(replace(display_name, '\', '\\'), char(9), '\t'), char(10), '\n')
        || char(9) || replace(replace(replace(department, '\', '\\'), char(9), '\t'), char(10), '\n')
        || char(9) || base || char(9) || fixed || char(9) || floor || char(9) || allocated || char(9) || score_bp
        || char(9) || flagged || char(9) || reason_code || char(9) || funding || char(10), '' ORDER BY program_id) AS BLOB)
FROM allocation_line_rows GROUP BY organization_id, budget_id, allocation_id;
DROP TABLE allocation_line_rows;

-- How often an organization's programs were written (budget_id is ''), and the requests of each budget: what was read at
-- the same counts is the same.
CREATE TABLE ask_writes (
    organization_id TEXT NOT NULL,
    budget_id TEXT NOT NULL,
    writes BIGINT NOT NULL,
    PRIMARY KEY (organization_id, budget_id)
);

-- +goose Down
-- Lines cannot be told apart again: whoever needs the figures of old allocations restores a backup instead.
DROP TABLE ask_writes;
DROP TABLE allocation_lines;
CREATE TABLE allocation_lines (
    organization_id TEXT NOT NULL,
    budget_id TEXT NOT NULL,
    allocation_id TEXT NOT NULL,
    program_id TEXT NOT NULL,
    display_name TEXT NOT NULL,
    department TEXT NOT NULL,
    base BIGINT NOT NULL,
    fixed BIGINT NOT NULL,
    floor BIGINT NOT NULL,
    allocated BIGINT NOT NULL,
    score_bp BIGINT NOT NULL,
    flagged INTEGER NOT NULL,
    reason_code TEXT NOT NULL,
    funding TEXT NOT NULL,
    PRIMARY KEY (organization_id, budget_id, allocation_id, program_id)
);
ALTER TABLE allocation_proofs DROP COLUMN codec;
