-- Services, applications and payrolls. What was decided, listed or done is added and never changed.

CREATE TABLE services (
    slug          text  PRIMARY KEY,
    definition    json  NOT NULL, -- json keeps the order of a form's fields
    policy        jsonb,
    fee           numeric, -- in major units of the currency, where a registrar set another than the definition's
    currency      text  NOT NULL DEFAULT '',
    published     jsonb NOT NULL DEFAULT '{{}}', -- what a fixture says of a service beyond its definition
    configured_by text  NOT NULL DEFAULT '',
    configured_on date
);

CREATE TABLE applications (
    number         bigint  GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    file_id        text    UNIQUE, -- only of an application that a fixture brought; ours is made of the number
    service        text    NOT NULL REFERENCES services,
    individual_id  text    NOT NULL,
    occasion       text    NOT NULL DEFAULT '', -- tells several applications of one person apart
    name           text    NOT NULL DEFAULT '',
    form           jsonb   NOT NULL,
    operator_data  jsonb   NOT NULL DEFAULT '{{}}', -- what an officer adds; the applicant's form stays theirs
    state          text    NOT NULL DEFAULT 'draft' CHECK (state IN (
                       'draft', 'submitted', 'in-review', 'correction', 'verified', 'check-failed', 'approving',
                       'approved', 'rejected')),
    version        integer NOT NULL DEFAULT 1,
    checks         jsonb   NOT NULL DEFAULT '[]',
    household      jsonb   NOT NULL DEFAULT '{{}}',
    recommendation text    NOT NULL DEFAULT '' CHECK (recommendation IN ('', 'approve', 'reject', 'correction')),
    reason         text    NOT NULL DEFAULT '',
    score          numeric,
    amount         bigint  CHECK (amount > 0),
    currency       text    NOT NULL DEFAULT '',
    payee          text,
    fee            bigint  CHECK (fee > 0),
    fee_currency   text    NOT NULL DEFAULT '',
    fee_receipt    text    NOT NULL DEFAULT '',
    fee_paid_on    date,
    fee_late       bigint, -- what is owed after the due day, surcharge included
    fee_due_on     date,
    reminded_on    date,
    credential     text    NOT NULL DEFAULT '',
    record         jsonb   NOT NULL DEFAULT '{{}}', -- the entry that the approval made, as its register gave it
    created_at     timestamptz NOT NULL,
    submitted_on   date,
    submitted_at   timestamptz,
    decided_on     date,
    decided_by     text    NOT NULL DEFAULT '',
    valid_until    date,
    lapsed         boolean NOT NULL DEFAULT false, -- the registry was told that the days are over
    completed_on   date,
    UNIQUE (service, individual_id, occasion),
    UNIQUE (service, payee),
    CHECK ((fee_receipt = '') = (fee_paid_on IS NULL)),
    CHECK (state NOT IN ('approving', 'approved')
           OR (recommendation = 'approve' AND (amount IS NULL) = (payee IS NULL)
               AND (fee IS NULL OR fee_receipt <> '')))
);
CREATE INDEX applications_state ON applications (service, state);
CREATE INDEX applications_person ON applications (individual_id);
CREATE INDEX applications_owing ON applications (fee_due_on) WHERE fee_receipt = '' AND reminded_on IS NULL;
CREATE INDEX applications_ending ON applications (valid_until) WHERE state = 'approved' AND NOT lapsed;

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

-- Yearly fees that were assessed for all who owe them together.
CREATE TABLE assessments (
    service     text  NOT NULL REFERENCES services,
    period      text  NOT NULL,
    wish        jsonb NOT NULL,
    assessed_by text  NOT NULL,
    assessed_on date  NOT NULL,
    PRIMARY KEY (service, period)
);

-- Opinions, visits and inspections: the day that was agreed, and the newest finding.
CREATE TABLE reviews (
    application bigint NOT NULL REFERENCES applications,
    service     text   NOT NULL REFERENCES services,
    review      text   NOT NULL,
    visit_on    date,
    outcome     text   NOT NULL DEFAULT '' CHECK (outcome IN ('', 'passed', 'failed')),
    note        text   NOT NULL DEFAULT '',
    given_by    text   NOT NULL DEFAULT '',
    given_on    date,
    PRIMARY KEY (application, review)
);
CREATE INDEX reviews_visits ON reviews (service, review, visit_on);

-- What an approval has set in motion already; a repeat goes on behind it.
CREATE TABLE steps (
    application bigint NOT NULL REFERENCES applications,
    step        text   NOT NULL,
    done_on     date   NOT NULL,
    PRIMARY KEY (application, step)
);

-- What somebody has to do about an application. Opened and closed as it changes state; never deleted.
CREATE TABLE tasks (
    number      bigint  GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    task_id     text    UNIQUE, -- only of a task that a fixture brought
    main_task   text    NOT NULL DEFAULT '',
    application bigint  NOT NULL REFERENCES applications,
    act         text    NOT NULL CHECK (act IN ('verify', 'decide', 'complete', 'correct', 'take-fee', 'note')),
    role        text    NOT NULL,
    assignee    text    NOT NULL DEFAULT '',
    name        text    NOT NULL,
    description text    NOT NULL DEFAULT '',
    created_at  timestamptz NOT NULL,
    created_on  date    NOT NULL,
    done_on     date,
    done_by     text    NOT NULL DEFAULT '',
    variables   jsonb   NOT NULL DEFAULT '{{}}'
);
CREATE INDEX tasks_application ON tasks (application);
CREATE INDEX tasks_open ON tasks (role) WHERE done_on IS NULL;

CREATE TABLE documents (
    document    text    PRIMARY KEY,
    owner       text    NOT NULL,
    kind        text    NOT NULL,
    file_name   text    NOT NULL,
    media_type  text    NOT NULL,
    size        integer NOT NULL,
    digest      text    NOT NULL,
    content     bytea   NOT NULL,
    uploaded_on date    NOT NULL,
    UNIQUE (owner, kind, digest, file_name)
);

CREATE TABLE application_documents (
    application bigint NOT NULL REFERENCES applications,
    document    text   NOT NULL REFERENCES documents,
    kind        text   NOT NULL,
    PRIMARY KEY (application, document)
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
GRANT UPDATE (policy, fee, currency, configured_by, configured_on) ON services TO {role};
GRANT SELECT, INSERT, UPDATE ON applications, reviews TO {role};
GRANT SELECT, INSERT ON tasks TO {role};
GRANT UPDATE (done_on, done_by, variables) ON tasks TO {role};
GRANT SELECT, INSERT ON documents TO {role};
GRANT SELECT, INSERT, DELETE ON application_documents TO {role};
GRANT SELECT, INSERT ON history, steps, assessments, payroll_items, payroll_exclusions TO {role};
GRANT SELECT, INSERT ON payrolls TO {role};
GRANT UPDATE (state, approved_by, approved_on, released_by, released_on, frozen_count, frozen_total,
              frozen_digest) ON payrolls TO {role};
