-- +goose Up
-- goals are resource names, each ended by a line feed.
CREATE TABLE feedback (
    organization_id TEXT NOT NULL REFERENCES organizations (organization_id),
    feedback_id TEXT NOT NULL,
    source TEXT NOT NULL,
    text TEXT NOT NULL,
    goals TEXT NOT NULL,
    district TEXT NOT NULL,
    stakeholder_group TEXT NOT NULL,
    date TEXT NOT NULL,
    status TEXT NOT NULL,
    close_time BIGINT NOT NULL,
    program TEXT NOT NULL,
    assignment TEXT NOT NULL,
    external_id TEXT NOT NULL,
    version BIGINT NOT NULL,
    create_time BIGINT NOT NULL,
    update_time BIGINT NOT NULL,
    PRIMARY KEY (organization_id, feedback_id)
);
CREATE UNIQUE INDEX feedback_by_external_id ON feedback (organization_id, external_id) WHERE external_id <> '';

-- +goose Down
DROP TABLE feedback;
