-- +goose Up
ALTER TABLE budgets ADD COLUMN transfer_authorities TEXT NOT NULL DEFAULT 'null';
ALTER TABLE budgets ADD COLUMN adopted_allocation TEXT NOT NULL DEFAULT '';

-- Scenario that it was made with, what council changed, how it was adopted, and why it failed.
ALTER TABLE allocations ADD COLUMN scenario TEXT NOT NULL DEFAULT '';
ALTER TABLE allocations ADD COLUMN adjustments TEXT NOT NULL DEFAULT 'null';
ALTER TABLE allocations ADD COLUMN adoption TEXT NOT NULL DEFAULT 'null';
ALTER TABLE allocations ADD COLUMN failure TEXT NOT NULL DEFAULT '';

-- An allocation that is being solved: who solves it until when, how often somebody began, and how far it came. The row goes when it is done; it is
-- written every second, so that it is small: the input is in allocation_proofs from the start, with an empty plan.
CREATE TABLE allocation_runs (
    organization_id TEXT NOT NULL,
    budget_id TEXT NOT NULL,
    allocation_id TEXT NOT NULL,
    holder TEXT NOT NULL,
    lease_until BIGINT NOT NULL,
    attempts BIGINT NOT NULL,
    states BIGINT NOT NULL,
    value BIGINT NOT NULL,
    bound BIGINT NOT NULL,
    PRIMARY KEY (organization_id, budget_id, allocation_id),
    FOREIGN KEY (organization_id, budget_id, allocation_id) REFERENCES allocations (organization_id, budget_id, allocation_id)
);
CREATE INDEX allocation_runs_by_lease ON allocation_runs (lease_until);

CREATE TABLE decision_packages (
    organization_id TEXT NOT NULL,
    budget_id TEXT NOT NULL,
    program_id TEXT NOT NULL,
    decision_package_id TEXT NOT NULL,
    display_name TEXT NOT NULL,
    description TEXT NOT NULL,
    replaces_base INTEGER NOT NULL,
    body TEXT NOT NULL,
    currency TEXT NOT NULL,
    version BIGINT NOT NULL,
    create_time BIGINT NOT NULL,
    update_time BIGINT NOT NULL,
    PRIMARY KEY (organization_id, budget_id, program_id, decision_package_id),
    FOREIGN KEY (organization_id, budget_id, program_id) REFERENCES funding_requests (organization_id, budget_id, program_id)
);

CREATE TABLE scenarios (
    organization_id TEXT NOT NULL,
    budget_id TEXT NOT NULL,
    scenario_id TEXT NOT NULL,
    display_name TEXT NOT NULL,
    description TEXT NOT NULL,
    method TEXT NOT NULL,
    body TEXT NOT NULL,
    currency TEXT NOT NULL,
    version BIGINT NOT NULL,
    create_time BIGINT NOT NULL,
    update_time BIGINT NOT NULL,
    PRIMARY KEY (organization_id, budget_id, scenario_id),
    FOREIGN KEY (organization_id, budget_id) REFERENCES budgets (organization_id, budget_id)
);

CREATE TABLE elections (
    organization_id TEXT NOT NULL,
    budget_id TEXT NOT NULL,
    election_id TEXT NOT NULL,
    display_name TEXT NOT NULL,
    fund_id TEXT NOT NULL,
    amount BIGINT NOT NULL,
    vote_kind TEXT NOT NULL,
    completion TEXT NOT NULL,
    utility TEXT NOT NULL,
    projects TEXT NOT NULL,
    state TEXT NOT NULL,
    ballots BIGINT NOT NULL,
    currency TEXT NOT NULL,
    version BIGINT NOT NULL,
    create_time BIGINT NOT NULL,
    update_time BIGINT NOT NULL,
    PRIMARY KEY (organization_id, budget_id, election_id),
    FOREIGN KEY (organization_id, budget_id) REFERENCES budgets (organization_id, budget_id)
);

-- One ballot a voter: "PROGRAM=POINTS PROGRAM=POINTS".
CREATE TABLE election_ballots (
    organization_id TEXT NOT NULL,
    budget_id TEXT NOT NULL,
    election_id TEXT NOT NULL,
    voter TEXT NOT NULL,
    votes TEXT NOT NULL,
    PRIMARY KEY (organization_id, budget_id, election_id, voter),
    FOREIGN KEY (organization_id, budget_id, election_id) REFERENCES elections (organization_id, budget_id, election_id)
);

-- +goose Down
DROP TABLE election_ballots;
DROP TABLE elections;
DROP TABLE scenarios;
DROP TABLE decision_packages;
DROP TABLE allocation_runs;
ALTER TABLE allocations DROP COLUMN failure;
ALTER TABLE allocations DROP COLUMN adoption;
ALTER TABLE allocations DROP COLUMN adjustments;
ALTER TABLE allocations DROP COLUMN scenario;
ALTER TABLE budgets DROP COLUMN adopted_allocation;
ALTER TABLE budgets DROP COLUMN transfer_authorities;
