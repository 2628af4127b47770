-- +goose Up
ALTER TABLE organizations ADD COLUMN public_reports INTEGER NOT NULL DEFAULT 0;

-- +goose Down
ALTER TABLE organizations DROP COLUMN public_reports;
