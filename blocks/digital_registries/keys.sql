-- Run after the load, which they would slow down.

SET LOCAL maintenance_work_mem = '256MB';

ALTER TABLE records ADD PRIMARY KEY (registry, record_id);
ALTER TABLE records ADD FOREIGN KEY (registry) REFERENCES registries;

-- An index over every field of every record takes longer to make than all the rest of the load. The
-- registries that a population fills have one for each field by which a record is looked up, all others
-- have that one: lookups.py writes the conditions that these serve.
DO $$
DECLARE
    individuals integer := (SELECT id FROM registries WHERE code = 'individuals' AND version = '1.0');
    households  integer := (SELECT id FROM registries WHERE code = 'households' AND version = '1.0');
    lookup      record;
BEGIN
    EXECUTE format(
        'CREATE INDEX records_content ON records USING gin (content jsonb_path_ops)'
        ' WHERE registry NOT IN (%s, %s)', individuals, households);
    FOR lookup IN
        SELECT * FROM (VALUES
            (individuals, 'householdId'), (individuals, 'givenName'), (individuals, 'familyName'),
            (individuals, 'birthDate'), (households, 'individualId')) AS wanted (registry, field)
    LOOP
        EXECUTE format(
            'CREATE INDEX ON records (hashtext(content ->> %L)) WHERE registry = %s',
            lookup.field, lookup.registry);
    END LOOP;
END $$;
ANALYZE records;
