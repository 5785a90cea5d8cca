-- Tables of the consent block. Revisions and signatures can only be added: a withdrawal is one more of each.
-- The one way out of them is the function forget_individual, for agreements that say so.

-- Policies and data agreements as they read now.
CREATE TABLE documents (
    schema_name text    NOT NULL CHECK (schema_name IN ('Policy', 'DataAgreement')),
    id          text    NOT NULL,
    data        jsonb   NOT NULL,
    deleted     boolean NOT NULL DEFAULT false, -- its history stays, and its id is not given out again
    number      bigint  GENERATED ALWAYS AS IDENTITY,
    PRIMARY KEY (schema_name, id)
);
CREATE INDEX documents_policy ON documents ((data #>> '{{policy,id}}')) WHERE schema_name = 'DataAgreement';

CREATE TABLE individuals (
    id                   text   PRIMARY KEY,
    external_id          text   NOT NULL,
    external_id_type     text   NOT NULL,
    identity_provider_id text   NOT NULL,
    number               bigint GENERATED ALWAYS AS IDENTITY,
    UNIQUE (external_id_type, external_id)
);

-- Everything that was ever true of an object, each line bound to the one before by its hash.
CREATE TABLE revisions (
    id                       bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    schema_name              text        NOT NULL,
    object_id                text        NOT NULL,
    serialized_snapshot      text        NOT NULL,
    serialized_hash          text        NOT NULL UNIQUE,
    predecessor_hash         text        REFERENCES revisions (serialized_hash),
    authorized_by_individual text,
    authorized_by_other      text,
    created_at               timestamptz NOT NULL,
    UNIQUE NULLS NOT DISTINCT (schema_name, object_id, predecessor_hash) -- a history does not fork
);

CREATE SEQUENCE signature_ids;

CREATE TABLE signatures (
    id                   bigint      PRIMARY KEY DEFAULT nextval('signature_ids'),
    revision_id          bigint      NOT NULL REFERENCES revisions,
    method               text        NOT NULL,
    payload              text        NOT NULL,
    verification_payload text, -- what was signed before there was a revision; else the revision's snapshot
    signature            text        NOT NULL,
    artifact             text        NOT NULL,
    signed_by            text        NOT NULL,
    created_at           timestamptz NOT NULL,
    UNIQUE (revision_id, method)
);

-- A payload that a person was given to sign with a key of their own; gone when it is signed or the record changes.
CREATE TABLE unsigned_signatures (
    id          bigint      PRIMARY KEY DEFAULT nextval('signature_ids'),
    revision_id bigint      NOT NULL UNIQUE REFERENCES revisions,
    payload     text        NOT NULL,
    created_at  timestamptz NOT NULL
);

-- Where a person stands with an agreement now: one record for each pair.
CREATE TABLE records (
    id                    text    PRIMARY KEY,
    individual_id         text    NOT NULL REFERENCES individuals,
    agreement_id          text    NOT NULL,
    agreement_revision_id bigint  NOT NULL REFERENCES revisions, -- the text that was shown
    revision_id           bigint  REFERENCES revisions, -- the record's own last one; none while it is made
    opt_in                boolean NOT NULL,
    state                 text    NOT NULL CHECK (state IN ('unsigned', 'pending more signatures', 'signed')),
    number                bigint  GENERATED ALWAYS AS IDENTITY,
    UNIQUE (individual_id, agreement_id)
);
CREATE INDEX records_agreement ON records (agreement_id, number);

-- Who is told of what happens. The secret is read back when a delivery is signed with it.
CREATE TABLE webhooks (
    id           text    PRIMARY KEY,
    payload_url  text    NOT NULL,
    content_type text    NOT NULL,
    disabled     boolean NOT NULL,
    secret_key   text    NOT NULL,
    deleted      boolean NOT NULL DEFAULT false, -- its id is not given out again
    number       bigint  GENERATED ALWAYS AS IDENTITY
);

-- What is still to be told, written in the transaction that it tells of.
CREATE TABLE deliveries (
    id           bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    webhook_id   text        NOT NULL REFERENCES webhooks,
    event        text        NOT NULL,
    body         jsonb       NOT NULL,
    exchange     text        NOT NULL,
    failures     integer     NOT NULL DEFAULT 0,
    retry_at     timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE INDEX deliveries_in_order ON deliveries (webhook_id, id);

-- The block's own signing keys. Of an older epoch only the public half stays, to verify what it signed.
CREATE TABLE signing_keys (
    kid         text    PRIMARY KEY,
    epoch       integer NOT NULL,
    public_key  jsonb   NOT NULL,
    private_key jsonb
);
-- A block that restarts begins at an epoch whose key it has dropped: that epoch gets another.
CREATE UNIQUE INDEX signing_keys_in_use ON signing_keys (epoch) WHERE private_key IS NOT NULL;

-- The right to be forgotten. What may go is decided here, not by the caller: records that were never signed, and
-- those of an agreement whose text, as the person was shown it, calls them forgettable. Everything else stays.
CREATE FUNCTION forget_individual(person text) RETURNS TABLE (record_id text, agreement_id text)
LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS $$
    WITH gone AS (
        DELETE FROM records r USING revisions shown
         WHERE r.individual_id = person AND shown.id = r.agreement_revision_id
           AND ((shown.serialized_snapshot::jsonb #>> '{{objectData,forgettable}}') = 'true'
                OR NOT EXISTS (SELECT FROM signatures s JOIN revisions own ON own.id = s.revision_id
                                WHERE own.schema_name = 'ConsentRecord' AND own.object_id = r.id))
        RETURNING r.id, r.agreement_id
    ), own AS (
        SELECT v.id FROM revisions v JOIN gone ON v.schema_name = 'ConsentRecord' AND v.object_id = gone.id
    ), asked AS (
        DELETE FROM unsigned_signatures u USING own WHERE u.revision_id = own.id
    ), signed AS (
        DELETE FROM signatures s USING own WHERE s.revision_id = own.id
    ), history AS (
        DELETE FROM revisions v USING own WHERE v.id = own.id
    )
    SELECT gone.id, gone.agreement_id FROM gone
$$;
REVOKE ALL ON FUNCTION forget_individual(text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION forget_individual(text) TO {role};

GRANT SELECT, INSERT, UPDATE ON documents, individuals, records, signing_keys TO {role};
GRANT SELECT, INSERT ON revisions, signatures TO {role};
GRANT SELECT, INSERT, DELETE ON unsigned_signatures TO {role};
GRANT SELECT, INSERT, UPDATE ON webhooks TO {role};
GRANT SELECT, INSERT, UPDATE, DELETE ON deliveries TO {role};
GRANT USAGE ON SEQUENCE signature_ids TO {role};
