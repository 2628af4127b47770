-- +goose Up
CREATE TABLE strategies (
    organization_id TEXT NOT NULL,
    strategy_id TEXT NOT NULL,
    display_name TEXT NOT NULL,
    goal TEXT NOT NULL,
    description TEXT NOT NULL,
    executive_sponsor TEXT NOT NULL,
    version BIGINT NOT NULL,
    create_time BIGINT NOT NULL,
    update_time BIGINT NOT NULL,
    PRIMARY KEY (organization_id, strategy_id)
);

CREATE TABLE objectives (
    organization_id TEXT NOT NULL,
    strategy_id TEXT NOT NULL,
    objective_id TEXT NOT NULL,
    display_name TEXT NOT NULL,
    statement TEXT NOT NULL,
    measure TEXT NOT NULL,
    baseline DOUBLE PRECISION,
    target DOUBLE PRECISION,
    due_date TEXT NOT NULL,
    required TEXT NOT NULL,
    program TEXT NOT NULL,
    version BIGINT NOT NULL,
    create_time BIGINT NOT NULL,
    update_time BIGINT NOT NULL,
    PRIMARY KEY (organization_id, strategy_id, objective_id),
    FOREIGN KEY (organization_id, strategy_id) REFERENCES strategies (organization_id, strategy_id)
);

-- manager_id refers to this table without a foreign key: one statement writes managers and reports in any order.
CREATE TABLE staff (
    organization_id TEXT NOT NULL,
    employee_id TEXT NOT NULL,
    external_id TEXT NOT NULL,
    display_name TEXT NOT NULL,
    title TEXT NOT NULL,
    department TEXT NOT NULL,
    manager_id TEXT NOT NULL,
    position TEXT NOT NULL,
    fte_ppm BIGINT NOT NULL,
    status TEXT NOT NULL,
    worker_type TEXT NOT NULL,
    subject TEXT NOT NULL,
    version BIGINT NOT NULL,
    create_time BIGINT NOT NULL,
    update_time BIGINT NOT NULL,
    PRIMARY KEY (organization_id, employee_id),
    UNIQUE (organization_id, external_id)
);
CREATE INDEX staff_by_display_name ON staff (organization_id, display_name, employee_id);
CREATE INDEX staff_by_department ON staff (organization_id, department, employee_id);

-- Syncs that were done, with what they answered.
CREATE TABLE staff_syncs (
    organization_id TEXT NOT NULL,
    sync_id TEXT NOT NULL,
    payload_hash TEXT NOT NULL,
    result TEXT NOT NULL,
    create_time BIGINT NOT NULL,
    PRIMARY KEY (organization_id, sync_id)
);

-- objective and employee are the names of what the ids beside them refer to, for filters.
CREATE TABLE assignments (
    organization_id TEXT NOT NULL,
    assignment_id TEXT NOT NULL,
    strategy_id TEXT NOT NULL,
    objective_id TEXT NOT NULL,
    employee_id TEXT NOT NULL,
    objective TEXT NOT NULL,
    employee TEXT NOT NULL,
    role TEXT NOT NULL,
    effort_ppm BIGINT NOT NULL,
    start_date TEXT NOT NULL,
    end_date TEXT NOT NULL,
    version BIGINT NOT NULL,
    create_time BIGINT NOT NULL,
    update_time BIGINT NOT NULL,
    PRIMARY KEY (organization_id, assignment_id),
    FOREIGN KEY (organization_id, strategy_id, objective_id)
    REFERENCES objectives (organization_id, strategy_id, objective_id),
    FOREIGN KEY (organization_id, employee_id) REFERENCES staff (organization_id, employee_id)
);
CREATE INDEX assignments_by_objective ON assignments (organization_id, strategy_id, objective_id);
CREATE INDEX assignments_by_employee ON assignments (organization_id, employee_id);

-- +goose Down
DROP TABLE assignments;
DROP TABLE staff_syncs;
DROP TABLE staff;
DROP TABLE objectives;
DROP TABLE strategies;
