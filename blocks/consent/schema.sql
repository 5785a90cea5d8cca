-- Tables of the consent block. Revisions and signatures can only be added: a withdrawal is one more of each.

-- Policies and data agreements as they read now.
CREATE TABLE documents (
    schema_name text  NOT NULL CHECK (schema_name IN ('Policy', 'DataAgreement')),
    id          text  NOT NULL,
    data        jsonb NOT NULL,
    number      bigint GENERATED ALWAYS AS IDENTITY,
    PRIMARY KEY (schema_name, id)
);

CREATE TABLE individuals (
    id                   text   PRIMARY KEY,
    external_id          text   NOT NULL UNIQUE,
    external_id_type     text   NOT NULL,
    identity_provider_id text   NOT NULL,
    number               bigint GENERATED ALWAYS AS IDENTITY
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

CREATE TABLE signatures (
    id          bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    revision_id bigint      NOT NULL UNIQUE REFERENCES revisions,
    payload     text        NOT NULL,
    signature   text        NOT NULL,
    artifact    text        NOT NULL,
    signed_by   text        NOT NULL,
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
    state                 text    NOT NULL CHECK (state IN ('unsigned', 'signed')),
    number                bigint  GENERATED ALWAYS AS IDENTITY,
    UNIQUE (individual_id, agreement_id)
);

-- The block's own signing keys. Of an older epoch only the public half stays, to verify what it signed.
CREATE TABLE signing_keys (
    kid         text    PRIMARY KEY,
    epoch       integer NOT NULL,
    public_key  jsonb   NOT NULL,
    private_key jsonb
);
-- A block that restarts begins at an epoch whose key it has dropped: that epoch gets another.
CREATE UNIQUE INDEX signing_keys_in_use ON signing_keys (epoch) WHERE private_key IS NOT NULL;

GRANT SELECT, INSERT, UPDATE ON documents, records, signing_keys TO {role};
GRANT SELECT, INSERT ON individuals, revisions, signatures TO {role};
