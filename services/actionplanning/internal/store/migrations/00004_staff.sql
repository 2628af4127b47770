-- +goose Up
-- jobs and leaves are JSON; change_date is the next day on which title, department, manager_id, position, fte_ppm or status are others.
ALTER TABLE staff ADD COLUMN jobs TEXT NOT NULL DEFAULT 'null';
ALTER TABLE staff ADD COLUMN leaves TEXT NOT NULL DEFAULT 'null';
ALTER TABLE staff ADD COLUMN on_leave INTEGER NOT NULL DEFAULT 0;
ALTER TABLE staff ADD COLUMN end_date TEXT NOT NULL DEFAULT '';
ALTER TABLE staff ADD COLUMN change_date TEXT NOT NULL DEFAULT '';
UPDATE staff SET on_leave = 1 WHERE status = 'LEAVE';
CREATE INDEX staff_by_change_date ON staff (change_date, organization_id);

-- interim is whether it is held for somebody who left.
ALTER TABLE assignments ADD COLUMN milestone_id TEXT NOT NULL DEFAULT '';
ALTER TABLE assignments ADD COLUMN interim INTEGER NOT NULL DEFAULT 0;
CREATE INDEX assignments_by_objective_name ON assignments (organization_id, objective);

-- work and candidates are JSON; leaver and objective are the names that the ids in them make, for filters.
CREATE TABLE successions (
    organization_id TEXT NOT NULL,
    succession_id TEXT NOT NULL,
    leaver_id TEXT NOT NULL,
    leaver TEXT NOT NULL,
    department TEXT NOT NULL,
    title TEXT NOT NULL,
    ended_id TEXT NOT NULL,
    interim_id TEXT NOT NULL,
    objective TEXT NOT NULL,
    work TEXT NOT NULL,
    candidates TEXT NOT NULL,
    state TEXT NOT NULL,
    successor_id TEXT NOT NULL,
    decided_by TEXT NOT NULL,
    reason TEXT NOT NULL,
    version BIGINT NOT NULL,
    create_time BIGINT NOT NULL,
    update_time BIGINT NOT NULL,
    PRIMARY KEY (organization_id, succession_id)
);
CREATE INDEX successions_by_interim ON successions (organization_id, interim_id);
CREATE INDEX successions_by_state ON successions (organization_id, state, succession_id);

CREATE TABLE assignment_policies (
    organization_id TEXT NOT NULL PRIMARY KEY,
    over_allocation TEXT NOT NULL,
    version BIGINT NOT NULL,
    create_time BIGINT NOT NULL,
    update_time BIGINT NOT NULL
);

-- +goose Down
DROP TABLE assignment_policies;
DROP TABLE successions;
DROP INDEX assignments_by_objective_name;
ALTER TABLE assignments DROP COLUMN interim;
ALTER TABLE assignments DROP COLUMN milestone_id;
DROP INDEX staff_by_change_date;
ALTER TABLE staff DROP COLUMN change_date;
ALTER TABLE staff DROP COLUMN end_date;
ALTER TABLE staff DROP COLUMN on_leave;
ALTER TABLE staff DROP COLUMN leaves;
ALTER TABLE staff DROP COLUMN jobs;
