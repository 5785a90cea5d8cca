-- Run after the load, which they would slow down.

SET LOCAL maintenance_work_mem = '256MB';

ALTER TABLE records ADD PRIMARY KEY (registry, record_id);
ALTER TABLE records ADD FOREIGN KEY (registry) REFERENCES registries;

-- An index over every field of every record takes longer to make than all the rest of the load. The
-- registries that a population fills have one for each field by which a record is looked up, all others
-- have that one: lookups.py writes the conditions that these serve.
DO $$
DECLARE
    lookup record;
BEGIN
    CREATE TEMPORARY TABLE lookups ON COMMIT DROP AS
    SELECT r.id AS registry, wanted.field
      FROM (VALUES
          ('individuals', 'householdId'), ('individuals', 'givenName'), ('individuals', 'familyName'),
          ('individuals', 'birthDate'), ('households', 'individualId'), ('parcels', 'ownerId'),
          ('organisations', 'directorId'), ('organisations', 'name'), ('products', 'organisationId'),
          ('licences', 'organisationId')) AS wanted (code, field)
      JOIN registries r ON r.code = wanted.code AND r.version = '1.0';
    EXECUTE format(
        'CREATE INDEX records_content ON records USING gin (content jsonb_path_ops) WHERE registry NOT IN (%s)',
        (SELECT string_agg(DISTINCT registry::text, ', ') FROM lookups));
    FOR lookup IN SELECT * FROM lookups ORDER BY registry, field LOOP
        EXECUTE format(
            'CREATE INDEX ON records (hashtext(content ->> %L)) WHERE registry = %s',
            lookup.field, lookup.registry);
    END LOOP;
END $$;
ANALYZE records;
