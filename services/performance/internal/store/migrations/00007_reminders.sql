-- +goose Up
-- Gaps that were reminded of and are not mended yet. The key makes one reminder of each, however many processes look for gaps.
CREATE TABLE reminders (
    organization_id TEXT NOT NULL,
    measure_id TEXT NOT NULL,
    kind TEXT NOT NULL,
    due_period TEXT NOT NULL, -- empty where no value is missing
    remind_time BIGINT NOT NULL,
    PRIMARY KEY (organization_id, measure_id, kind, due_period),
    FOREIGN KEY (organization_id, measure_id) REFERENCES measures (organization_id, measure_id) ON DELETE CASCADE
);

-- +goose Down
DROP TABLE reminders;
