-- The wiring: written by the loader, read by the serving role.
CREATE TABLE members (
    instance text NOT NULL,
    class text NOT NULL,
    code text NOT NULL,
    PRIMARY KEY (instance, class, code)
);
CREATE TABLE applications (
    application text PRIMARY KEY CHECK (application ~ '^[^/]+/[^/]+/[^/]+/[^/]+$'),
    instance text NOT NULL,
    class text NOT NULL,
    member text NOT NULL,
    name text NOT NULL,
    proof text CHECK (proof IN ('block', 'sandbox')),  -- NULL: it offers services and never calls
    block text,
    FOREIGN KEY (instance, class, member) REFERENCES members
);
CREATE TABLE services (
    application text PRIMARY KEY REFERENCES applications,
    block text NOT NULL,
    name text NOT NULL,
    public text[] NOT NULL
);
CREATE TABLE operations (
    application text NOT NULL REFERENCES services,
    position integer NOT NULL,
    operation_id text NOT NULL,
    method text NOT NULL,
    path text NOT NULL,
    summary text NOT NULL,
    personal text[] NOT NULL,
    secret text[] NOT NULL,
    subject text,
    PRIMARY KEY (application, operation_id)
);
CREATE TABLE rights (
    position integer PRIMARY KEY,
    client text NOT NULL REFERENCES applications,
    service text NOT NULL REFERENCES services,
    operations text[] NOT NULL,
    purpose text NOT NULL,
    legal_basis text NOT NULL,
    retention text NOT NULL,
    recipient text NOT NULL,
    consent text
);
CREATE TABLE topics (
    position integer PRIMARY KEY,
    client text NOT NULL REFERENCES applications,
    room text NOT NULL,
    event_types text[] NOT NULL,
    acts text[] NOT NULL CHECK (acts <@ ARRAY['manage', 'publish', 'subscribe']),
    purpose text NOT NULL,
    legal_basis text NOT NULL,
    retention text NOT NULL,
    recipient text NOT NULL
);
-- Services that the directory knows and nobody here answers for: a harness's, from its fixtures.
CREATE TABLE listed_services (
    application text NOT NULL,
    service_id text NOT NULL,
    instance_id text NOT NULL,
    service_code text NOT NULL,
    PRIMARY KEY (application, service_id)
);

-- The message log. `line` is canonical JSON that holds its number and the hash before it, and `hash`
-- is its SHA-256: there is no column beside them that could be edited without breaking the chain.
CREATE TABLE exchanges (
    number bigint PRIMARY KEY CHECK (number > 0),
    line text NOT NULL,
    hash text NOT NULL CHECK (hash ~ '^[0-9a-f]{{64}}$')
);

-- What was planted: a mediator that is started again goes on with it.
CREATE TABLE faults (
    number bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    id text NOT NULL UNIQUE,
    fault text NOT NULL,
    block text NOT NULL,
    operation text NOT NULL,
    client text NOT NULL,
    remaining integer CHECK (remaining > 0),
    milliseconds integer NOT NULL
);
-- What a checkpoint keeps of the rows below, which stand in one database with the log that no restore rolls back.
CREATE TABLE kept_rows (
    checkpoint text NOT NULL,
    source text NOT NULL,
    row jsonb NOT NULL
);
CREATE INDEX kept_rows_by_checkpoint ON kept_rows (checkpoint, source);

-- Callbacks for outside applications, until a reset.
CREATE TABLE messages (
    number bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    id text NOT NULL UNIQUE,
    kind text NOT NULL,
    correlation text NOT NULL,
    body text NOT NULL,
    delivered_at timestamptz NOT NULL
);
CREATE INDEX messages_by_correlation ON messages (correlation, kind);

-- Publish and subscribe, until a reset. Bodies are text: JSON may hold what jsonb has no place for.
CREATE TABLE event_types (
    room text NOT NULL,
    event_type text NOT NULL,
    schema text NOT NULL,
    deleted boolean NOT NULL DEFAULT false,
    PRIMARY KEY (room, event_type)
);
CREATE TABLE subscriptions (
    id uuid PRIMARY KEY,
    room text NOT NULL,
    event_type text NOT NULL,
    subscriber text NOT NULL,
    delivery text NOT NULL CHECK (delivery IN ('PUSH', 'PULL')),
    ttl integer NOT NULL CHECK (ttl > 0),
    fifo boolean NOT NULL,
    cancelled boolean NOT NULL DEFAULT false,
    UNIQUE (room, event_type, subscriber)
);
CREATE TABLE events (
    number bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    id uuid NOT NULL UNIQUE,
    room text NOT NULL,
    event_type text NOT NULL,
    publisher text NOT NULL,
    body text NOT NULL,
    key text,
    published_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    UNIQUE (room, event_type, publisher, key)
);
CREATE TABLE deliveries (
    event bigint NOT NULL REFERENCES events,
    subscription uuid NOT NULL REFERENCES subscriptions,
    state text NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'acknowledged', 'dead', 'cancelled')),
    attempts integer NOT NULL DEFAULT 0,
    reason text NOT NULL DEFAULT '',
    retry_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    expires_at timestamptz NOT NULL,
    PRIMARY KEY (event, subscription)
);
CREATE INDEX deliveries_open ON deliveries (subscription, event) WHERE state = 'open';

GRANT SELECT ON members, applications, services, operations, rights, topics, listed_services TO {role};
GRANT SELECT, INSERT, UPDATE, DELETE ON event_types, subscriptions, deliveries TO {role};
GRANT SELECT, INSERT, DELETE ON events TO {role};
GRANT SELECT, INSERT ON exchanges TO {role};
GRANT SELECT, INSERT, DELETE ON messages TO {role};
GRANT SELECT, INSERT, UPDATE, DELETE ON faults TO {role};
GRANT SELECT, INSERT, DELETE ON kept_rows TO {role};
