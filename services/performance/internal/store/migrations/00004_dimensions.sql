-- +goose Up
ALTER TABLE measures ADD COLUMN dimensions TEXT NOT NULL DEFAULT 'null';

-- +goose Down
ALTER TABLE measures DROP COLUMN dimensions;
