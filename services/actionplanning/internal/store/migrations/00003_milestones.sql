-- +goose Up
-- name is the resource name that the ids make, for lists of names; depends_on is what milestone_dependencies holds, in the order given.
CREATE TABLE milestones (
    organization_id TEXT NOT NULL,
    strategy_id TEXT NOT NULL,
    objective_id TEXT NOT NULL,
    milestone_id TEXT NOT NULL,
    name TEXT NOT NULL,
    display_name TEXT NOT NULL,
    planned_start_date TEXT NOT NULL,
    planned_end_date TEXT NOT NULL,
    actual_start_date TEXT NOT NULL,
    actual_end_date TEXT NOT NULL,
    depends_on TEXT NOT NULL,
    percent BIGINT NOT NULL,
    weight BIGINT NOT NULL,
    description TEXT NOT NULL,
    version BIGINT NOT NULL,
    create_time BIGINT NOT NULL,
    update_time BIGINT NOT NULL,
    PRIMARY KEY (organization_id, strategy_id, objective_id, milestone_id),
    UNIQUE (organization_id, name),
    FOREIGN KEY (organization_id, strategy_id, objective_id)
    REFERENCES objectives (organization_id, strategy_id, objective_id)
);

-- Which milestone waits for which: to walk either way.
CREATE TABLE milestone_dependencies (
    organization_id TEXT NOT NULL,
    milestone TEXT NOT NULL,
    depends_on TEXT NOT NULL,
    PRIMARY KEY (organization_id, milestone, depends_on),
    FOREIGN KEY (organization_id, milestone) REFERENCES milestones (organization_id, name),
    FOREIGN KEY (organization_id, depends_on) REFERENCES milestones (organization_id, name)
);
CREATE INDEX milestone_dependents ON milestone_dependencies (organization_id, depends_on, milestone);

-- +goose Down
DROP TABLE milestone_dependencies;
DROP TABLE milestones;
