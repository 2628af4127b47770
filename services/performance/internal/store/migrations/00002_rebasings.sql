-- +goose Up
ALTER TABLE measures ADD COLUMN rebasings TEXT NOT NULL DEFAULT 'null';

-- +goose Down
ALTER TABLE measures DROP COLUMN rebasings;
