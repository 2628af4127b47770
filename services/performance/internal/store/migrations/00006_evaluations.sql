-- +goose Up

-- What budgeting's events tell: the latest adopted allocation of each budget, and of each election in it (election '' is the
-- budget's own). Amounts are whole minor units of the currency.
CREATE TABLE adopted_allocations (
    organization_id TEXT NOT NULL,
    budget TEXT NOT NULL,
    election TEXT NOT NULL,
    allocation TEXT NOT NULL,
    fiscal_year BIGINT NOT NULL,
    adopt_time BIGINT NOT NULL,
    PRIMARY KEY (organization_id, budget, election)
);

CREATE TABLE adopted_money (
    organization_id TEXT NOT NULL,
    program TEXT NOT NULL,
    budget TEXT NOT NULL,
    election TEXT NOT NULL,
    currency TEXT NOT NULL,
    minor BIGINT NOT NULL,
    PRIMARY KEY (organization_id, program, budget, election)
);

-- Money and results are copies, of what was known at as_of. They come last: what filters and sorts need not skip over them.
CREATE TABLE evaluations (
    organization_id TEXT NOT NULL,
    evaluation_id TEXT NOT NULL,
    display_name TEXT NOT NULL,
    subject TEXT NOT NULL,
    first_fiscal_year BIGINT NOT NULL,
    last_fiscal_year BIGINT NOT NULL,
    period_start TEXT NOT NULL,
    period_end TEXT NOT NULL,
    recommendation TEXT NOT NULL,
    evaluator TEXT NOT NULL,
    as_of BIGINT NOT NULL,
    version BIGINT NOT NULL,
    create_time BIGINT NOT NULL,
    update_time BIGINT NOT NULL,
    finding TEXT NOT NULL,
    outcomes TEXT NOT NULL,
    money TEXT NOT NULL,
    money_in TEXT NOT NULL,
    results_out TEXT NOT NULL,
    PRIMARY KEY (organization_id, evaluation_id)
);

ALTER TABLE results_revisions ADD COLUMN money TEXT NOT NULL DEFAULT 'null';

-- +goose Down
ALTER TABLE results_revisions DROP COLUMN money;
DROP TABLE evaluations;
DROP TABLE adopted_money;
DROP TABLE adopted_allocations;
