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
-- The separators stand in the text, for engines differ in how else they would be written.
INSERT INTO allocation_lines (organization_id, budget_id, allocation_id, codec, body)
WITH written AS (SELECT '	' AS tab, '
' AS line)
SELECT organization_id, budget_id, allocation_id, '', CAST(string_agg(
    program_id || tab || replace(replace(replace(display_name, '\', '\\'), tab, '\t'), line, '\n')
        || tab || replace(replace(replace(department, '\', '\\'), tab, '\t'), line, '\n')
        || tab || base || tab || fixed || tab || floor || tab || allocated || tab || score_bp
        || tab || flagged || tab || reason_code || tab || funding || line, '' ORDER BY program_id) AS BLOB)
FROM allocation_line_rows, written GROUP BY organization_id, budget_id, allocation_id;
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
