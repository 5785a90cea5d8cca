-- Where the population's files land before they become documents; dropped at the end of the load.

CREATE TABLE staged_persons (
    person_no bigint, household_no bigint, individual_id text, given_name text, family_name text, sex text,
    birth_date date
);
CREATE TABLE staged_households (
    household_no bigint, household_id text, head_no bigint, size smallint, children_under_5 smallint,
    children_under_18 smallint, elderly smallint, disabled smallint, employed_adults smallint,
    monthly_income bigint, district text, region text
);
