-- +goose Up
ALTER TABLE plans ADD COLUMN process_template TEXT NOT NULL DEFAULT '';
ALTER TABLE plans ADD COLUMN process_steps TEXT NOT NULL DEFAULT 'null';
ALTER TABLE plans ADD COLUMN stakeholder_groups TEXT NOT NULL DEFAULT 'null';
ALTER TABLE plans ADD COLUMN successor TEXT NOT NULL DEFAULT '';

-- goal is a resource name, as filters spell it.
CREATE TABLE role_assignments (
    organization_id TEXT NOT NULL,
    plan_id TEXT NOT NULL,
    role_assignment_id TEXT NOT NULL,
    role TEXT NOT NULL,
    letter TEXT NOT NULL,
    phase TEXT NOT NULL,
    goal TEXT NOT NULL,
    holder TEXT NOT NULL,
    version BIGINT NOT NULL,
    create_time BIGINT NOT NULL,
    update_time BIGINT NOT NULL,
    PRIMARY KEY (organization_id, plan_id, role_assignment_id),
    FOREIGN KEY (organization_id, plan_id) REFERENCES plans (organization_id, plan_id)
);

-- +goose Down
DROP TABLE role_assignments;
ALTER TABLE plans DROP COLUMN successor;
ALTER TABLE plans DROP COLUMN stakeholder_groups;
ALTER TABLE plans DROP COLUMN process_steps;
ALTER TABLE plans DROP COLUMN process_template;
