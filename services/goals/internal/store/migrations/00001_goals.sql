-- +goose Up
CREATE TABLE organizations (
    organization_id TEXT NOT NULL PRIMARY KEY,
    display_name TEXT NOT NULL,
    vision TEXT NOT NULL,
    mission TEXT NOT NULL,
    values_held TEXT NOT NULL,
    currency_code TEXT NOT NULL,
    fiscal_year_start_month BIGINT NOT NULL,
    time_zone TEXT NOT NULL,
    version BIGINT NOT NULL,
    create_time BIGINT NOT NULL,
    update_time BIGINT NOT NULL
);

CREATE TABLE plans (
    organization_id TEXT NOT NULL REFERENCES organizations (organization_id),
    plan_id TEXT NOT NULL,
    display_name TEXT NOT NULL,
    kind TEXT NOT NULL,
    narrative TEXT NOT NULL,
    predecessor TEXT NOT NULL,
    aligned_plans TEXT NOT NULL,
    start_date TEXT NOT NULL,
    end_date TEXT NOT NULL,
    environmental_scan TEXT NOT NULL,
    state TEXT NOT NULL,
    adoption TEXT NOT NULL,
    version BIGINT NOT NULL,
    create_time BIGINT NOT NULL,
    update_time BIGINT NOT NULL,
    PRIMARY KEY (organization_id, plan_id)
);

-- parent_goal is a resource name, as filters spell it.
CREATE TABLE goals (
    organization_id TEXT NOT NULL,
    plan_id TEXT NOT NULL,
    goal_id TEXT NOT NULL,
    display_name TEXT NOT NULL,
    parent_goal TEXT NOT NULL,
    description TEXT NOT NULL,
    scale TEXT NOT NULL,
    lens TEXT NOT NULL,
    measures_of_success TEXT NOT NULL,
    preserve TEXT NOT NULL,
    owner_role TEXT NOT NULL,
    equity_statement TEXT NOT NULL,
    predecessor TEXT NOT NULL,
    version BIGINT NOT NULL,
    create_time BIGINT NOT NULL,
    update_time BIGINT NOT NULL,
    PRIMARY KEY (organization_id, plan_id, goal_id),
    FOREIGN KEY (organization_id, plan_id) REFERENCES plans (organization_id, plan_id)
);

CREATE TABLE prioritizations (
    organization_id TEXT NOT NULL,
    plan_id TEXT NOT NULL,
    prioritization_id TEXT NOT NULL,
    display_name TEXT NOT NULL,
    method TEXT NOT NULL,
    members TEXT NOT NULL,
    quorum BIGINT NOT NULL,
    points_per_member BIGINT NOT NULL,
    goals TEXT NOT NULL,
    state TEXT NOT NULL,
    ballots_cast BIGINT NOT NULL,
    tallies TEXT NOT NULL,
    priority_revision_id TEXT NOT NULL,
    open_time BIGINT NOT NULL,
    close_time BIGINT NOT NULL,
    certify_time BIGINT NOT NULL,
    version BIGINT NOT NULL,
    create_time BIGINT NOT NULL,
    update_time BIGINT NOT NULL,
    PRIMARY KEY (organization_id, plan_id, prioritization_id),
    FOREIGN KEY (organization_id, plan_id) REFERENCES plans (organization_id, plan_id)
);

CREATE TABLE ballots (
    organization_id TEXT NOT NULL,
    plan_id TEXT NOT NULL,
    prioritization_id TEXT NOT NULL,
    ballot_id TEXT NOT NULL,
    member TEXT NOT NULL,
    points TEXT NOT NULL,
    recorded_by TEXT NOT NULL,
    version BIGINT NOT NULL,
    create_time BIGINT NOT NULL,
    update_time BIGINT NOT NULL,
    PRIMARY KEY (organization_id, plan_id, prioritization_id, ballot_id),
    FOREIGN KEY (organization_id, plan_id, prioritization_id)
    REFERENCES prioritizations (organization_id, plan_id, prioritization_id)
);

CREATE TABLE priority_revisions (
    organization_id TEXT NOT NULL,
    plan_id TEXT NOT NULL,
    priority_revision_id TEXT NOT NULL,
    prioritization_id TEXT NOT NULL,
    weights TEXT NOT NULL,
    content_hash TEXT NOT NULL,
    effective_time BIGINT NOT NULL,
    sequence BIGINT NOT NULL,
    version BIGINT NOT NULL,
    PRIMARY KEY (organization_id, plan_id, priority_revision_id),
    UNIQUE (organization_id, plan_id, sequence),
    FOREIGN KEY (organization_id, plan_id) REFERENCES plans (organization_id, plan_id)
);

-- +goose Down
DROP TABLE priority_revisions;
DROP TABLE ballots;
DROP TABLE prioritizations;
DROP TABLE goals;
DROP TABLE plans;
DROP TABLE organizations;
