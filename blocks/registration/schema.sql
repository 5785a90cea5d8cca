-- Services, applications and payrolls. What was decided, listed or done is added and never changed.

CREATE TABLE services (
    slug          text  PRIMARY KEY,
    definition    jsonb NOT NULL,
    policy        jsonb NOT NULL,
    currency      text  NOT NULL,
    configured_by text  NOT NULL DEFAULT '',
    configured_on date
);

CREATE TABLE applications (
    number         bigint  GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    service        text    NOT NULL REFERENCES services,
    individual_id  text    NOT NULL,
    form           jsonb   NOT NULL,
    state          text    NOT NULL DEFAULT 'draft' CHECK (state IN (
                       'draft', 'submitted', 'in-review', 'correction', 'verified', 'check-failed', 'approving',
                       'approved', 'rejected')),
    version        integer NOT NULL DEFAULT 1,
    checks         jsonb   NOT NULL DEFAULT '[]',
    household      jsonb   NOT NULL DEFAULT '{{}}',
    recommendation text    NOT NULL DEFAULT '' CHECK (recommendation IN ('', 'approve', 'reject')),
    reason         text    NOT NULL DEFAULT '',
    score          numeric,
    amount         bigint  CHECK (amount > 0),
    currency       text    NOT NULL DEFAULT '',
    payee          text,
    submitted_on   date,
    decided_on     date,
    decided_by     text    NOT NULL DEFAULT '',
    UNIQUE (service, individual_id),
    UNIQUE (service, payee),
    CHECK (state NOT IN ('approving', 'approved')
           OR (amount IS NOT NULL AND payee IS NOT NULL AND recommendation = 'approve'))
);
CREATE INDEX applications_state ON applications (service, state);

CREATE TABLE history (
    id          bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    application bigint      NOT NULL REFERENCES applications,
    state       text        NOT NULL,
    changed_by  text        NOT NULL,
    reason      text        NOT NULL,
    changed_on  date        NOT NULL,
    recorded_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE INDEX history_application ON history (application);

-- What an approval has set in motion already; a repeat goes on behind it.
CREATE TABLE steps (
    application bigint NOT NULL REFERENCES applications,
    step        text   NOT NULL,
    done_on     date   NOT NULL,
    PRIMARY KEY (application, step)
);

CREATE TABLE payrolls (
    batch_id    text    PRIMARY KEY,
    service     text    NOT NULL REFERENCES services,
    period      text    NOT NULL,
    state       text    NOT NULL DEFAULT 'prepared'
                CHECK (state IN ('prepared', 'approved', 'releasing', 'released')),
    currency    text    NOT NULL,
    prepared_by text    NOT NULL,
    prepared_on date    NOT NULL,
    approved_by text    NOT NULL DEFAULT '',
    approved_on date,
    released_by text    NOT NULL DEFAULT '',
    released_on date,
    frozen_count  integer,
    frozen_total  bigint,
    frozen_digest text  NOT NULL DEFAULT '',
    UNIQUE (service, period)
);

CREATE TABLE payroll_items (
    batch_id       text    NOT NULL REFERENCES payrolls,
    position       integer NOT NULL,
    application    bigint  NOT NULL REFERENCES applications,
    instruction_id text    NOT NULL UNIQUE,
    individual_id  text    NOT NULL,
    payee          text    NOT NULL,
    amount         bigint  NOT NULL CHECK (amount > 0),
    PRIMARY KEY (batch_id, position),
    UNIQUE (batch_id, payee),
    UNIQUE (batch_id, application)
);

CREATE TABLE payroll_exclusions (
    batch_id      text NOT NULL REFERENCES payrolls,
    individual_id text NOT NULL,
    reason        text NOT NULL,
    PRIMARY KEY (batch_id, individual_id)
);

GRANT SELECT ON services TO {role};
GRANT UPDATE (policy, currency, configured_by, configured_on) ON services TO {role};
GRANT SELECT, INSERT, UPDATE ON applications TO {role};
GRANT SELECT, INSERT ON history, steps, payroll_items, payroll_exclusions TO {role};
GRANT SELECT, INSERT ON payrolls TO {role};
GRANT UPDATE (state, approved_by, approved_on, released_by, released_on, frozen_count, frozen_total,
              frozen_digest) ON payrolls TO {role};
