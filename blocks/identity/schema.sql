-- Tables of the identity block. Nothing secret is seeded: keys are made by the serving block, per epoch.

CREATE TABLE persons (
    individual_id text    NOT NULL,
    given_name    text    NOT NULL,
    family_name   text,
    sex           text,
    birth_date    date,
    phone         text,
    email         text,
    functional_id text,
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
    number        bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    kid           text        NOT NULL UNIQUE,
    epoch         integer     NOT NULL,
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
    finished      boolean     NOT NULL DEFAULT false, -- whether somebody was logged in by it
    xsrf          text        NOT NULL DEFAULT '',
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
    acr            text        NOT NULL,
    accepted       text[], -- claims that the person agreed to; NULL: all that were asked for
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

-- Wallets: a key on a person's device, bound by a one-time code.
CREATE TABLE wallets (
    wallet_user   text        PRIMARY KEY,
    partner       text        NOT NULL,
    individual_id text        NOT NULL,
    factor        text        NOT NULL,
    thumbprint    text        NOT NULL UNIQUE,
    public_key    jsonb       NOT NULL,
    certificate   text        NOT NULL,
    ends_at       timestamptz NOT NULL
);
CREATE INDEX wallets_by_person ON wallets (individual_id);

CREATE TABLE binding_codes (
    number        bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    individual_id text        NOT NULL,
    partner       text        NOT NULL,
    salt          text        NOT NULL,
    one_time_code text        NOT NULL,
    failures      integer     NOT NULL DEFAULT 0,
    used          boolean     NOT NULL DEFAULT false,
    made_at       timestamptz NOT NULL
);
CREATE INDEX binding_codes_by_person ON binding_codes (individual_id, made_at);

-- Link codes of log-ins, and how far a wallet has come with them. Codes and ids are kept as digests.
CREATE TABLE links (
    code          text        PRIMARY KEY,
    login         text        NOT NULL,
    epoch         integer     NOT NULL,
    state         text        NOT NULL DEFAULT 'open'
                  CHECK (state IN ('open', 'linked', 'authenticated', 'consented', 'done', 'void')),
    transaction   text        UNIQUE,
    individual_id text,
    failures      integer     NOT NULL DEFAULT 0,
    scopes        text[]      NOT NULL DEFAULT '{{}}',
    claims        text[]      NOT NULL DEFAULT '{{}}',
    linked_at     timestamptz,
    ends_at       timestamptz NOT NULL
);
CREATE INDEX links_by_login ON links (login);

GRANT SELECT, INSERT ON wallets TO {role};
GRANT SELECT, INSERT, UPDATE, DELETE ON binding_codes, links TO {role};

-- What was signed for persons; never deleted, so that a revoked one stays known.
CREATE TABLE credentials (
    credential    text PRIMARY KEY,
    request_id    text NOT NULL UNIQUE,
    wish          text NOT NULL, -- digest of what was asked for: an identical request gets the same answer
    individual_id text NOT NULL,
    type          text NOT NULL,
    document      text NOT NULL,
    status        text NOT NULL DEFAULT 'active' CHECK (status IN ('active', 'suspended', 'revoked')),
    reason        text NOT NULL DEFAULT '',
    issued_on     date NOT NULL,
    ends_on       date NOT NULL
);

GRANT SELECT, INSERT, UPDATE ON credentials TO {role};
GRANT SELECT, INSERT, UPDATE ON persons, clients TO {role};
GRANT DELETE ON persons TO {role}; -- an exercise may take somebody out
GRANT SELECT, INSERT, UPDATE, DELETE ON signing_keys, logins, codes, tokens, assertions TO {role};
