-- +goose Up
ALTER TABLE measures ADD COLUMN benchmarks TEXT NOT NULL DEFAULT 'null';

-- +goose Down
ALTER TABLE measures DROP COLUMN benchmarks;
