-- Run after the load, which they would slow down.

SET LOCAL maintenance_work_mem = '256MB';

ALTER TABLE records ADD PRIMARY KEY (registry, record_id);
ALTER TABLE records ADD FOREIGN KEY (registry) REFERENCES registries;
CREATE INDEX records_content ON records USING gin (content jsonb_path_ops);
ANALYZE records;
