-- +goose Up
CREATE TABLE funds (
    organization_id TEXT NOT NULL,
    fund_id TEXT NOT NULL,
    display_name TEXT NOT NULL,
    code TEXT NOT NULL,
    kind TEXT NOT NULL,
    gasb54_class TEXT NOT NULL,
    parent_fund TEXT NOT NULL,
    restriction TEXT NOT NULL,
    restriction_basis TEXT NOT NULL,
    version BIGINT NOT NULL,
    create_time BIGINT NOT NULL,
    update_time BIGINT NOT NULL,
    PRIMARY KEY (organization_id, fund_id)
);

CREATE TABLE budgets (
    organization_id TEXT NOT NULL,
    budget_id TEXT NOT NULL,
    display_name TEXT NOT NULL,
    fiscal_year BIGINT NOT NULL,
    plan TEXT NOT NULL,
    envelopes TEXT NOT NULL,
    rounding_unit BIGINT NOT NULL,
    currency TEXT NOT NULL,
    state TEXT NOT NULL,
    version BIGINT NOT NULL,
    create_time BIGINT NOT NULL,
    update_time BIGINT NOT NULL,
    PRIMARY KEY (organization_id, budget_id)
);

CREATE TABLE programs (
    organization_id TEXT NOT NULL,
    program_id TEXT NOT NULL,
    display_name TEXT NOT NULL,
    code TEXT NOT NULL,
    purpose TEXT NOT NULL,
    department TEXT NOT NULL,
    function_name TEXT NOT NULL,
    predecessor TEXT NOT NULL,
    sunset_date TEXT NOT NULL,
    version BIGINT NOT NULL,
    create_time BIGINT NOT NULL,
    update_time BIGINT NOT NULL,
    PRIMARY KEY (organization_id, program_id)
);

-- What a program asks for is one text of tagged lines (see sqlstore/asktext.go): an allocation reads thousands of whole
-- requests at once, and none of their parts is ever searched by.
CREATE TABLE funding_requests (
    organization_id TEXT NOT NULL,
    budget_id TEXT NOT NULL,
    program_id TEXT NOT NULL,
    currency TEXT NOT NULL,
    body TEXT NOT NULL,
    version BIGINT NOT NULL,
    create_time BIGINT NOT NULL,
    update_time BIGINT NOT NULL,
    PRIMARY KEY (organization_id, budget_id, program_id),
    FOREIGN KEY (organization_id, budget_id) REFERENCES budgets (organization_id, budget_id),
    FOREIGN KEY (organization_id, program_id) REFERENCES programs (organization_id, program_id)
);
CREATE INDEX funding_requests_by_program ON funding_requests (organization_id, program_id);

-- fund and program are resource names, as filters spell them.
CREATE TABLE line_items (
    organization_id TEXT NOT NULL,
    budget_id TEXT NOT NULL,
    line_item_id TEXT NOT NULL,
    kind TEXT NOT NULL,
    fund TEXT NOT NULL,
    department TEXT NOT NULL,
    account_segments TEXT NOT NULL,
    account_description TEXT NOT NULL,
    figure TEXT NOT NULL,
    amount BIGINT NOT NULL,
    currency TEXT NOT NULL,
    program TEXT NOT NULL,
    treatment TEXT NOT NULL,
    one_time INTEGER NOT NULL,
    external_ref TEXT NOT NULL,
    source_file TEXT NOT NULL,
    source_row BIGINT NOT NULL,
    version BIGINT NOT NULL,
    create_time BIGINT NOT NULL,
    update_time BIGINT NOT NULL,
    PRIMARY KEY (organization_id, budget_id, line_item_id),
    FOREIGN KEY (organization_id, budget_id) REFERENCES budgets (organization_id, budget_id)
);
CREATE INDEX line_items_by_fund ON line_items (organization_id, fund);
CREATE INDEX line_items_by_program ON line_items (organization_id, program);

CREATE TABLE allocations (
    organization_id TEXT NOT NULL,
    budget_id TEXT NOT NULL,
    allocation_id TEXT NOT NULL,
    display_name TEXT NOT NULL,
    method TEXT NOT NULL,
    purpose TEXT NOT NULL,
    parameters TEXT NOT NULL,
    priority_revision TEXT NOT NULL,
    priority_time BIGINT NOT NULL,
    results_revision TEXT NOT NULL,
    results_time BIGINT NOT NULL,
    content_hash TEXT NOT NULL,
    result_hash TEXT NOT NULL,
    engine_version TEXT NOT NULL,
    state TEXT NOT NULL,
    outcome TEXT NOT NULL,
    currency TEXT NOT NULL,
    creator TEXT NOT NULL,
    sequence BIGINT NOT NULL,
    result TEXT NOT NULL,
    version BIGINT NOT NULL,
    create_time BIGINT NOT NULL,
    update_time BIGINT NOT NULL,
    PRIMARY KEY (organization_id, budget_id, allocation_id),
    UNIQUE (organization_id, budget_id, sequence),
    FOREIGN KEY (organization_id, budget_id) REFERENCES budgets (organization_id, budget_id)
);

-- The engine's input and plan, to the byte: what the hashes are of.
CREATE TABLE allocation_proofs (
    organization_id TEXT NOT NULL,
    budget_id TEXT NOT NULL,
    allocation_id TEXT NOT NULL,
    input BLOB NOT NULL,
    plan BLOB NOT NULL,
    PRIMARY KEY (organization_id, budget_id, allocation_id),
    FOREIGN KEY (organization_id, budget_id, allocation_id) REFERENCES allocations (organization_id, budget_id, allocation_id)
);

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

-- The newest revision that an event told of: subject is a plan's name, or "results".
CREATE TABLE revisions_seen (
    organization_id TEXT NOT NULL,
    subject TEXT NOT NULL,
    revision TEXT NOT NULL,
    effective_time BIGINT NOT NULL,
    PRIMARY KEY (organization_id, subject)
);

-- +goose Down
DROP TABLE revisions_seen;
DROP TABLE allocation_lines;
DROP TABLE allocation_proofs;
DROP TABLE allocations;
DROP TABLE line_items;
DROP TABLE funding_requests;
DROP TABLE programs;
DROP TABLE budgets;
DROP TABLE funds;
