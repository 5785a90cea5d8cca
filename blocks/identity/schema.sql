-- Tables of the identity block. Nothing secret is seeded: keys are made by the serving block, per epoch.

CREATE TABLE persons (
    individual_id text    NOT NULL,
    given_name    text    NOT NULL,
    family_name   text,
    sex           text,
    birth_date    date,
    phone         text,
    email         text,
    roles         text[]  NOT NULL DEFAULT ARRAY['citizen'],
    deceased      boolean NOT NULL DEFAULT false
);

-- A relying party's client. Only its public key is ever known here.
CREATE TABLE clients (
    client_id        text  PRIMARY KEY,
    name             text  NOT NULL,
    relying_party_id text  NOT NULL,
    logo_uri         text  NOT NULL,
    redirect_uris    text[] NOT NULL,
    acr              text[] NOT NULL,
    public_key       jsonb NOT NULL,
    user_claims      text[] NOT NULL,
    status           text  NOT NULL DEFAULT 'active' CHECK (status IN ('active', 'inactive')),
    created_from     text  NOT NULL -- digest of the request that made it: an identical one gets the same answer
);

CREATE TABLE signing_keys (
    kid           text        PRIMARY KEY,
    epoch         integer     NOT NULL UNIQUE,
    private_key   jsonb       NOT NULL,
    pairwise_salt text        NOT NULL,
    created_at    timestamptz NOT NULL
);

-- A log-in from the first page to the redirect. Ids, browsers' cookies and one-time codes are kept as digests.
CREATE TABLE logins (
    login         text        PRIMARY KEY,
    browser       text        NOT NULL,
    epoch         integer     NOT NULL,
    parameters    jsonb       NOT NULL,
    client_name   text        NOT NULL,
    individual_id text,
    one_time_code text,
    code_ends_at  timestamptz,
    failures      integer     NOT NULL DEFAULT 0,
    letters       integer     NOT NULL DEFAULT 0,
    open          boolean     NOT NULL DEFAULT true,
    started_at    timestamptz NOT NULL
);
CREATE INDEX logins_by_person ON logins (individual_id, started_at);

CREATE TABLE codes (
    code           text        PRIMARY KEY,
    epoch          integer     NOT NULL,
    client_id      text        NOT NULL REFERENCES clients,
    individual_id  text        NOT NULL,
    redirect_uri   text        NOT NULL,
    scope          text        NOT NULL,
    nonce          text,
    code_challenge text        NOT NULL,
    auth_time      timestamptz NOT NULL,
    ends_at        timestamptz NOT NULL,
    used           boolean     NOT NULL DEFAULT false
);

CREATE TABLE tokens (
    token         text        PRIMARY KEY,
    epoch         integer     NOT NULL,
    code          text        NOT NULL,
    client_id     text        NOT NULL,
    individual_id text        NOT NULL,
    scope         text        NOT NULL,
    ends_at       timestamptz NOT NULL,
    revoked       boolean     NOT NULL DEFAULT false
);
CREATE INDEX tokens_by_code ON tokens (code);

-- Client assertions that were used: each proves a client once.
CREATE TABLE assertions (
    client_id text        NOT NULL,
    jti       text        NOT NULL,
    ends_at   timestamptz NOT NULL,
    PRIMARY KEY (client_id, jti)
);

GRANT SELECT, INSERT, UPDATE ON persons, clients TO {role};
GRANT SELECT, INSERT, UPDATE, DELETE ON signing_keys, logins, codes, tokens, assertions TO {role};
