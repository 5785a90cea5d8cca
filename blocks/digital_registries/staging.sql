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
CREATE TABLE staged_administrative_units (
    unit_no bigint, parent_no bigint, level smallint, level_name text, code text, name text, name_latin text,
    urban boolean
);
CREATE TABLE staged_organisations (
    organisation_no bigint, registration_number text, name text, kind text, sector text, district text,
    founded_on date, director_no bigint, phone text, email text
);
CREATE TABLE staged_products (
    product_code text, organisation_no bigint, name text, category text, unit_weight_grams bigint,
    units_on_market bigint, year smallint
);
CREATE TABLE staged_parcels (
    parcel_id text, owner_no bigint, district text, area_m2 bigint, land_use text, restriction text
);
CREATE TABLE staged_licences (
    licence_number text, organisation_no bigint, kind text, issued_on date, expires_on date, status text
);
