-- +goose Up
ALTER TABLE strategies ADD COLUMN state TEXT NOT NULL DEFAULT 'PROPOSED';
ALTER TABLE strategies ADD COLUMN weight BIGINT NOT NULL DEFAULT 0;
ALTER TABLE strategies ADD COLUMN contribution TEXT NOT NULL DEFAULT '';
ALTER TABLE objectives ADD COLUMN location TEXT NOT NULL DEFAULT '';
ALTER TABLE objectives ADD COLUMN owner TEXT NOT NULL DEFAULT '';
ALTER TABLE objectives ADD COLUMN start_date TEXT NOT NULL DEFAULT '';
ALTER TABLE objectives ADD COLUMN funding_request TEXT NOT NULL DEFAULT '';
ALTER TABLE objectives ADD COLUMN state TEXT NOT NULL DEFAULT 'DRAFT';
ALTER TABLE objectives ADD COLUMN progress_rule TEXT NOT NULL DEFAULT '';
ALTER TABLE objectives ADD COLUMN weight BIGINT NOT NULL DEFAULT 0;
ALTER TABLE objectives ADD COLUMN contribution TEXT NOT NULL DEFAULT '';
ALTER TABLE objectives ADD COLUMN smart_review TEXT NOT NULL DEFAULT 'null';
ALTER TABLE objectives ADD COLUMN smart_override TEXT NOT NULL DEFAULT 'null';
-- Why it was given up; of no other use than to know it.
ALTER TABLE objectives ADD COLUMN cancel_reason TEXT NOT NULL DEFAULT '';

-- +goose Down
ALTER TABLE objectives DROP COLUMN cancel_reason;
ALTER TABLE objectives DROP COLUMN smart_override;
ALTER TABLE objectives DROP COLUMN smart_review;
ALTER TABLE objectives DROP COLUMN contribution;
ALTER TABLE objectives DROP COLUMN weight;
ALTER TABLE objectives DROP COLUMN progress_rule;
ALTER TABLE objectives DROP COLUMN state;
ALTER TABLE objectives DROP COLUMN funding_request;
ALTER TABLE objectives DROP COLUMN start_date;
ALTER TABLE objectives DROP COLUMN owner;
ALTER TABLE objectives DROP COLUMN location;
ALTER TABLE strategies DROP COLUMN contribution;
ALTER TABLE strategies DROP COLUMN weight;
ALTER TABLE strategies DROP COLUMN state;
