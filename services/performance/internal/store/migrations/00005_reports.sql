-- +goose Up

-- What actionplanning's events tell: a strategy has a goal, an objective a strategy and perhaps a program. Names are resource names.
CREATE TABLE plan_links (
    organization_id TEXT NOT NULL,
    name TEXT NOT NULL,
    strategy TEXT NOT NULL,
    goal TEXT NOT NULL,
    program TEXT NOT NULL,
    PRIMARY KEY (organization_id, name)
);

CREATE TABLE progress_reports (
    organization_id TEXT NOT NULL,
    progress_report_id TEXT NOT NULL,
    display_name TEXT NOT NULL,
    plan TEXT NOT NULL,
    period_start TEXT NOT NULL,
    period_end TEXT NOT NULL,
    weights TEXT NOT NULL,
    narrative TEXT NOT NULL,
    goal_narratives TEXT NOT NULL,
    state TEXT NOT NULL,
    as_of BIGINT NOT NULL,
    published_by TEXT NOT NULL,
    rule_set TEXT NOT NULL,
    version BIGINT NOT NULL,
    create_time BIGINT NOT NULL,
    update_time BIGINT NOT NULL,
    PRIMARY KEY (organization_id, progress_report_id)
);

-- The goals of a published report, as they were then; apart, because lists leave them out.
CREATE TABLE progress_report_goals (
    organization_id TEXT NOT NULL,
    progress_report_id TEXT NOT NULL,
    goals TEXT NOT NULL,
    PRIMARY KEY (organization_id, progress_report_id),
    FOREIGN KEY (organization_id, progress_report_id) REFERENCES progress_reports (organization_id, progress_report_id)
);

-- +goose Down
DROP TABLE progress_report_goals;
DROP TABLE progress_reports;
DROP TABLE plan_links;
