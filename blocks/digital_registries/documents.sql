-- Turns the staged rows into records of the seeded registries.

ANALYZE staged_persons;
ANALYZE staged_households;
ANALYZE staged_organisations;

-- A whole row at once, because few rows have anything to leave out.
INSERT INTO records
SELECT r.id, d."individualId",
       CASE WHEN d."givenName" IS NOT NULL AND d."familyName" IS NOT NULL AND d.sex IS NOT NULL
             AND d."birthDate" IS NOT NULL
            THEN to_jsonb(d)
            ELSE jsonb_strip_nulls(to_jsonb(d)) || '{{"deathDate": null}}' END
  FROM (SELECT p.individual_id AS "individualId", p.given_name AS "givenName", p.family_name AS "familyName",
               p.sex, p.birth_date AS "birthDate", true AS alive, h.household_id AS "householdId",
               NULL::text AS "deathDate"
          FROM staged_persons p
          JOIN staged_households h USING (household_no)) AS d
  JOIN registries r ON r.code = 'individuals' AND r.version = '1.0';

INSERT INTO records
SELECT r.id, h.household_id,
       jsonb_build_object(
           'householdId', h.household_id, 'individualId', head.individual_id, 'members', m.members,
           'size', h.size, 'children_under_5', h.children_under_5, 'children_under_18', h.children_under_18,
           'elderly', h.elderly, 'disabled', h.disabled, 'employed_adults', h.employed_adults,
           'monthly_income', h.monthly_income, 'district', h.district, 'region', h.region)
  FROM staged_households h
  JOIN staged_persons head ON head.person_no = h.head_no
  JOIN (SELECT household_no, jsonb_agg(individual_id ORDER BY person_no) AS members
          FROM staged_persons GROUP BY household_no) AS m ON m.household_no = h.household_no
  JOIN registries r ON r.code = 'households' AND r.version = '1.0';

-- Somebody whom this block's own register doesn't know, because it is dirty, is no owner and no director here.

INSERT INTO records
SELECT r.id, d."unitId", jsonb_strip_nulls(to_jsonb(d))
  FROM (SELECT u.code AS "unitId", u.name, u.name_latin AS "nameLatin", u.level, u.level_name AS "levelName",
               parent.code AS "parentId", u.urban
          FROM staged_administrative_units u
          LEFT JOIN staged_administrative_units parent ON parent.unit_no = u.parent_no) AS d
  JOIN registries r ON r.code = 'districts' AND r.version = '1.0';

INSERT INTO records
SELECT r.id, d."organisationId", jsonb_strip_nulls(to_jsonb(d))
  FROM (SELECT o.registration_number AS "organisationId", o.name, o.kind, o.sector, o.district,
               o.founded_on AS "foundedOn", director.individual_id AS "directorId", o.phone, o.email
          FROM staged_organisations o
          LEFT JOIN staged_persons director ON director.person_no = o.director_no) AS d
  JOIN registries r ON r.code = 'organisations' AND r.version = '1.0';

INSERT INTO records
SELECT r.id, d."productId", jsonb_strip_nulls(to_jsonb(d))
  FROM (SELECT p.product_code AS "productId", p.name, p.category, o.registration_number AS "organisationId",
               p.unit_weight_grams AS "unitWeightGrams", p.units_on_market AS "unitsOnMarket", p.year
          FROM staged_products p
          JOIN staged_organisations o USING (organisation_no)) AS d
  JOIN registries r ON r.code = 'products' AND r.version = '1.0';

INSERT INTO records
SELECT r.id, d."parcelId", jsonb_strip_nulls(to_jsonb(d))
  FROM (SELECT p.parcel_id AS "parcelId", owner.individual_id AS "ownerId", p.district, p.area_m2 AS "areaM2",
               p.land_use AS "landUse", p.restriction
          FROM staged_parcels p
          LEFT JOIN staged_persons owner ON owner.person_no = p.owner_no) AS d
  JOIN registries r ON r.code = 'parcels' AND r.version = '1.0';

INSERT INTO records
SELECT r.id, d."licenceId", jsonb_strip_nulls(to_jsonb(d))
  FROM (SELECT l.licence_number AS "licenceId", o.registration_number AS "organisationId", l.kind,
               l.issued_on AS "issuedOn", l.expires_on AS "expiresOn", l.status
          FROM staged_licences l
          JOIN staged_organisations o USING (organisation_no)) AS d
  JOIN registries r ON r.code = 'licences' AND r.version = '1.0';

DROP TABLE staged_persons, staged_households, staged_administrative_units, staged_organisations, staged_products,
           staged_parcels, staged_licences;
