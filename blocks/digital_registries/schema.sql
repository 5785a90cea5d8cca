-- Registries and their records. Indexes on records come after the load: see keys.sql.

CREATE TABLE registries (
    id            integer     GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    code          text        NOT NULL,
    version       text        NOT NULL,
    group_name    text        NOT NULL,
    catalog_name  text        NOT NULL,
    schema        jsonb       NOT NULL,
    primary_key   text        NOT NULL,
    subject       text,
    unique_keys   jsonb       NOT NULL,
    number_format text        NOT NULL,
    last_number   bigint      NOT NULL DEFAULT 0,
    modified_at   timestamptz NOT NULL DEFAULT now(),
    UNIQUE (code, version)
);

CREATE TABLE records (
    registry  integer            NOT NULL,
    record_id text COLLATE "C"   NOT NULL,
    content   jsonb              NOT NULL
);

-- Which records were deleted, so that a deletion that is asked for again gets its first answer.
CREATE TABLE deletions (
    registry  integer NOT NULL,
    record_id text    NOT NULL,
    PRIMARY KEY (registry, record_id)
);

-- Who read whose record. Lines are added and never changed.
CREATE TABLE usages (
    id            bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    individual_id text        NOT NULL,
    registry      text        NOT NULL,
    record_id     text        NOT NULL,
    operation     text        NOT NULL,
    reader        text        NOT NULL,
    exchange_id   text        NOT NULL,
    read_at       timestamptz NOT NULL
);
CREATE INDEX usages_individual ON usages (individual_id, registry, id);

GRANT SELECT, INSERT, DELETE ON registries TO {role};
GRANT UPDATE (last_number) ON registries TO {role};
GRANT SELECT, INSERT, UPDATE, DELETE ON records TO {role};
GRANT SELECT, INSERT ON usages, deletions TO {role};
