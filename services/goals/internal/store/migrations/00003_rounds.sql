-- +goose Up
ALTER TABLE prioritizations ADD COLUMN subject TEXT NOT NULL DEFAULT 'GOALS';
ALTER TABLE prioritizations ADD COLUMN electorate TEXT NOT NULL DEFAULT 'GOVERNING_BODY';
ALTER TABLE prioritizations ADD COLUMN secret INTEGER NOT NULL DEFAULT 0;
ALTER TABLE prioritizations ADD COLUMN max_score BIGINT NOT NULL DEFAULT 0;
ALTER TABLE prioritizations ADD COLUMN objectives TEXT NOT NULL DEFAULT 'null';
ALTER TABLE prioritizations ADD COLUMN community_share_ppm BIGINT NOT NULL DEFAULT 0;
ALTER TABLE prioritizations ADD COLUMN community_ballots BIGINT NOT NULL DEFAULT 0;
ALTER TABLE prioritizations ADD COLUMN recusals TEXT NOT NULL DEFAULT 'null';
ALTER TABLE prioritizations ADD COLUMN warnings TEXT NOT NULL DEFAULT 'null';
ALTER TABLE ballots ADD COLUMN ranking TEXT NOT NULL DEFAULT 'null';
ALTER TABLE ballots ADD COLUMN comparisons TEXT NOT NULL DEFAULT 'null';
ALTER TABLE ballots ADD COLUMN consistency_ppm BIGINT NOT NULL DEFAULT 0;
ALTER TABLE priority_revisions ADD COLUMN subject TEXT NOT NULL DEFAULT 'GOALS';

-- Answers of a survey; a later one of the same respondent takes the place of the one before, which the journal keeps.
CREATE TABLE community_ballots (
    organization_id TEXT NOT NULL,
    plan_id TEXT NOT NULL,
    prioritization_id TEXT NOT NULL,
    respondent TEXT NOT NULL,
    weight BIGINT NOT NULL,
    district TEXT NOT NULL,
    vote TEXT NOT NULL,
    PRIMARY KEY (organization_id, plan_id, prioritization_id, respondent),
    FOREIGN KEY (organization_id, plan_id, prioritization_id)
    REFERENCES prioritizations (organization_id, plan_id, prioritization_id)
);

-- +goose Down
DROP TABLE community_ballots;
ALTER TABLE priority_revisions DROP COLUMN subject;
ALTER TABLE ballots DROP COLUMN consistency_ppm;
ALTER TABLE ballots DROP COLUMN comparisons;
ALTER TABLE ballots DROP COLUMN ranking;
ALTER TABLE prioritizations DROP COLUMN warnings;
ALTER TABLE prioritizations DROP COLUMN recusals;
ALTER TABLE prioritizations DROP COLUMN community_ballots;
ALTER TABLE prioritizations DROP COLUMN community_share_ppm;
ALTER TABLE prioritizations DROP COLUMN objectives;
ALTER TABLE prioritizations DROP COLUMN max_score;
ALTER TABLE prioritizations DROP COLUMN secret;
ALTER TABLE prioritizations DROP COLUMN electorate;
ALTER TABLE prioritizations DROP COLUMN subject;
