-- +goose Up

-- JSON; null until council has frozen the results policies of the budget's requests.
ALTER TABLE budgets ADD COLUMN results_policy_freeze TEXT NOT NULL DEFAULT 'null';

-- +goose Down
ALTER TABLE budgets DROP COLUMN results_policy_freeze;
