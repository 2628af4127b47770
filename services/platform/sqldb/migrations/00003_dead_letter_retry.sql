-- +goose Up

-- Whether the consumer is to try the event again: 1 once an operator has asked for it.
ALTER TABLE dead_letters ADD COLUMN retry INTEGER NOT NULL DEFAULT 0;

-- +goose Down
ALTER TABLE dead_letters DROP COLUMN retry;
