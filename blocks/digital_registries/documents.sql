-- Turns the staged rows into records of the seeded registries.

ANALYZE staged_persons;
ANALYZE staged_households;

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

DROP TABLE staged_persons, staged_households;
