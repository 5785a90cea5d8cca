-- Tables of payments. The rules of the ledger are constraints here, whatever the code does.

CREATE TABLE accounts (
    code     text PRIMARY KEY,
    kind     text NOT NULL CHECK (kind IN ('treasury', 'funding', 'programme', 'suspense', 'payee', 'fees',
                                           'voucher', 'merchant', 'payer', 'biller')),
    currency text NOT NULL CHECK (currency ~ '^[A-Z]{{3}}$'),
    CHECK (starts_with(code, kind || ':') AND right(code, 4) = ':' || currency)
);

-- grant: treasury to funding · allot: funding to programme · reserve: programme to suspense, before the money is
-- sent · credit: suspense to payee, when it arrived · return: suspense to funding, the contra-entry of a reserve ·
-- fund: funding to the pool of a voucher group · issue: the same for one voucher · redeem: voucher to merchant ·
-- lapse: voucher to funding, the contra-entry of an issue · reversal: payee to funding, the contra-entry of a credit
-- that nobody claimed · collect: payer's institution to biller, when a bill is paid · refund: back, when the biller
-- refuses it, the contra-entry of a collect. A contra-entry names the journal that it takes back, and has its value date.
CREATE TABLE journals (
    number         bigint      PRIMARY KEY,
    kind           text        NOT NULL CHECK (kind IN ('grant', 'allot', 'reserve', 'credit', 'return',
                                                        'fund', 'issue', 'redeem', 'lapse', 'reversal',
                                                        'collect', 'refund')),
    batch_id       text,
    instruction_id text,
    contra_of      bigint      UNIQUE REFERENCES journals,
    booked_on      date        NOT NULL,
    value_on       date        NOT NULL,
    recorded_at    timestamptz NOT NULL,
    entered_in     xid8        NOT NULL,
    CHECK ((kind = 'grant') = (batch_id IS NULL)),
    CHECK ((kind IN ('grant', 'allot', 'fund')) = (instruction_id IS NULL)),
    CHECK ((kind IN ('return', 'lapse', 'reversal', 'refund')) = (contra_of IS NOT NULL))
);
CREATE UNIQUE INDEX journals_once ON journals (batch_id, instruction_id, kind) NULLS NOT DISTINCT
    WHERE kind <> 'grant';
CREATE UNIQUE INDEX journals_outcome ON journals (batch_id, instruction_id) WHERE kind IN ('credit', 'return');
CREATE UNIQUE INDEX journals_use ON journals (batch_id, instruction_id) WHERE kind IN ('redeem', 'lapse');

-- A period that is closed takes no more entries.
CREATE TABLE closings (
    until       date        PRIMARY KEY,
    closed_by   text        NOT NULL,
    closed_on   date        NOT NULL,
    recorded_at timestamptz NOT NULL DEFAULT clock_timestamp()
);

CREATE TABLE postings (
    journal bigint NOT NULL REFERENCES journals,
    account text   NOT NULL REFERENCES accounts,
    amount  bigint NOT NULL CHECK (amount <> 0),
    PRIMARY KEY (journal, account)
);
CREATE INDEX postings_account ON postings (account) INCLUDE (amount);

-- The account mapper: where a payee wants to be paid.
CREATE TABLE beneficiaries (
    functional_id     text PRIMARY KEY,
    modality          text NOT NULL,
    financial_address text NOT NULL,
    source_bb         text NOT NULL,
    registered_on     date NOT NULL,
    updated_on        date NOT NULL,
    active            boolean NOT NULL DEFAULT true
);

-- Requests that were accepted: the same one again is answered as before, another under its id is refused.
CREATE TABLE requests (
    operation    text NOT NULL,
    source_bb    text NOT NULL,
    request_id   text NOT NULL,
    content_hash text NOT NULL,
    PRIMARY KEY (operation, source_bb, request_id)
);

-- What a programme may spend in all. Without a line it may spend what the funding covers.
CREATE TABLE budgets (
    programme text   NOT NULL,
    currency  text   NOT NULL,
    ceiling   bigint NOT NULL CHECK (ceiling >= 0),
    set_by    text   NOT NULL,
    set_on    date   NOT NULL,
    PRIMARY KEY (programme, currency)
);

CREATE TABLE validations (
    batch_id   text PRIMARY KEY,
    checked_on date  NOT NULL,
    total      int   NOT NULL,
    failed     jsonb NOT NULL
);

CREATE TABLE batches (
    batch_id     text PRIMARY KEY,
    content_hash text        NOT NULL,
    source_bb    text        NOT NULL,
    programme    text        NOT NULL,
    period       text        NOT NULL,
    currency     text        NOT NULL,
    correlation  text        NOT NULL,
    exchange     text        NOT NULL,
    dialect      text        NOT NULL DEFAULT 'compliance' CHECK (dialect IN ('compliance', 'published')),
    status       text        NOT NULL DEFAULT 'accepted' CHECK (status IN ('accepted', 'processing', 'completed')),
    accepted_on  date        NOT NULL,
    accepted_at  timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE INDEX batches_open ON batches (accepted_at) WHERE status <> 'completed';

CREATE TABLE instructions (
    batch_id       text   NOT NULL REFERENCES batches,
    instruction_id text   NOT NULL,
    position       int    NOT NULL,
    payee          text   NOT NULL,
    amount         bigint NOT NULL CHECK (amount > 0),
    currency       text   NOT NULL,
    narration      text   NOT NULL,
    programme      text   NOT NULL,
    period         text   NOT NULL,
    institution    text   NOT NULL,
    account_number text   NOT NULL,
    status         text   NOT NULL CHECK (status IN ('pending', 'sent', 'credited', 'rejected', 'returned')),
    reason         text   NOT NULL DEFAULT '',
    failures       int    NOT NULL DEFAULT 0,
    retry_at       timestamptz NOT NULL DEFAULT clock_timestamp(),
    claim_by       date,
    PRIMARY KEY (batch_id, instruction_id),
    CHECK ((status IN ('rejected', 'returned')) = (reason <> ''))
);
CREATE INDEX instructions_open ON instructions (status, retry_at) WHERE status IN ('pending', 'sent');
CREATE INDEX instructions_id ON instructions (instruction_id);
CREATE INDEX instructions_unclaimed ON instructions (claim_by) WHERE status = 'credited' AND claim_by IS NOT NULL;
-- An entitlement is paid once, whatever the batch; one that was rejected or came back may be tried again.
CREATE UNIQUE INDEX instructions_entitlement ON instructions (programme, period, payee)
    WHERE period <> '' AND status NOT IN ('rejected', 'returned');

CREATE TABLE callbacks (
    callback_id  bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    kind         text        NOT NULL,
    correlation  text        NOT NULL,
    body         jsonb       NOT NULL,
    exchange     text        NOT NULL,
    failures     int         NOT NULL DEFAULT 0,
    retry_at     timestamptz NOT NULL DEFAULT clock_timestamp(),
    delivered_at timestamptz
);
CREATE INDEX callbacks_due ON callbacks (retry_at) WHERE delivered_at IS NULL;

-- The functions below are planned once per session, perhaps while the ledger is small, and used while it grows:
-- without an index each would take longer with every journal. Hence no sequential scans in them.

-- Numbers are given here and nowhere else, one after another without a gap. Money enters by the owner alone.
CREATE FUNCTION number_journal() RETURNS trigger LANGUAGE plpgsql SET enable_seqscan = off AS $$
BEGIN
    IF NEW.kind IN ('grant', 'fund')
       AND current_user <> (SELECT pg_get_userbyid(relowner) FROM pg_catalog.pg_class WHERE oid = TG_RELID) THEN
        RAISE insufficient_privilege USING MESSAGE = 'only the treasury grants money';
    END IF;
    PERFORM pg_advisory_xact_lock(1);
    SELECT coalesce(max(number), 0) + 1 INTO NEW.number FROM public.journals;
    IF NEW.booked_on <= (SELECT max(until) FROM public.closings) THEN
        RAISE check_violation USING MESSAGE = format('the period of %s is closed', NEW.booked_on);
    END IF;
    IF NEW.contra_of IS NULL THEN
        NEW.value_on := coalesce(NEW.value_on, NEW.booked_on);
    ELSE
        SELECT value_on INTO NEW.value_on FROM public.journals WHERE number = NEW.contra_of;
    END IF;
    NEW.recorded_at := clock_timestamp();
    NEW.entered_in := pg_current_xact_id();
    RETURN NEW;
END $$;
CREATE TRIGGER number_journal BEFORE INSERT ON journals FOR EACH ROW EXECUTE FUNCTION number_journal();

-- A journal is written once, by one statement: two postings that balance, in one of the ways above, and nothing is
-- added to it later. Checked for all journals of a statement together, which is what makes a large batch fast.
CREATE FUNCTION check_journals() RETURNS trigger LANGUAGE plpgsql SET enable_seqscan = off AS $$
DECLARE
    wrong record;
BEGIN
    SELECT * INTO wrong FROM (
        SELECT number, CASE
            WHEN entered_in <> pg_current_xact_id() THEN 'is not open for postings'
            WHEN lines <> 2 OR total <> 0 OR currencies <> 1 THEN
                format('does not balance: %s postings, sum %s', lines, total)
            WHEN (kind, giving, taking) NOT IN (
                    ('grant', 'treasury', 'funding'), ('allot', 'funding', 'programme'),
                    ('reserve', 'programme', 'suspense'), ('credit', 'suspense', 'payee'),
                    ('return', 'suspense', 'funding'), ('fund', 'funding', 'voucher'),
                    ('issue', 'funding', 'voucher'), ('redeem', 'voucher', 'merchant'),
                    ('redeem', 'voucher', 'biller'), ('lapse', 'voucher', 'funding'),
                    ('reversal', 'payee', 'funding'), ('collect', 'payer', 'biller'),
                    ('refund', 'biller', 'payer')) THEN
                format('is no %s: from %s to %s', kind, giving, taking)
            WHEN kind IN ('credit', 'return') AND NOT EXISTS (
                    SELECT FROM public.journals r JOIN public.postings p ON p.journal = r.number
                     WHERE r.kind = 'reserve' AND r.batch_id = t.batch_id
                       AND r.instruction_id = t.instruction_id AND p.amount = volume
                       AND coalesce(t.contra_of, r.number) = r.number) THEN
                'follows no reserve of its amount'
            WHEN kind IN ('reversal', 'refund') AND NOT EXISTS (
                    SELECT FROM public.journals c JOIN public.postings p ON p.journal = c.number
                     WHERE c.number = t.contra_of AND c.batch_id = t.batch_id
                       AND c.kind = CASE t.kind WHEN 'refund' THEN 'collect' ELSE 'credit' END
                       AND c.instruction_id = t.instruction_id AND p.amount = volume
                       AND p.account = giver) THEN
                'takes back no credit of its amount'
            WHEN kind = 'collect' AND NOT EXISTS (
                    SELECT FROM public.bills b WHERE b.bill_id = t.instruction_id
                       AND volume IN (b.amount, b.amount_late)) THEN
                'is of no bill of its amount'
            WHEN kind IN ('issue', 'redeem', 'lapse') THEN
                public.fault_of_voucher_journal(kind, batch_id, instruction_id, contra_of, volume, giver)
            END AS fault
          FROM (SELECT j.number, j.kind, j.batch_id, j.instruction_id, j.contra_of, j.entered_in,
                       count(*) AS lines, sum(p.amount) AS total, max(p.amount) AS volume,
                       count(DISTINCT a.currency) AS currencies,
                       max(a.kind) FILTER (WHERE p.amount < 0) AS giving,
                       max(a.kind) FILTER (WHERE p.amount > 0) AS taking,
                       max(a.code) FILTER (WHERE p.amount < 0) AS giver
                  FROM (SELECT DISTINCT journal FROM new_postings) AS n
                  JOIN public.journals j ON j.number = n.journal
                  JOIN public.postings p ON p.journal = j.number
                  JOIN public.accounts a ON a.code = p.account
                 GROUP BY j.number) AS t) AS judged
     WHERE fault IS NOT NULL LIMIT 1;
    IF wrong.number IS NOT NULL THEN
        RAISE check_violation USING MESSAGE = format('journal %s %s', wrong.number, wrong.fault);
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER check_journals AFTER INSERT ON postings REFERENCING NEW TABLE AS new_postings
    FOR EACH STATEMENT EXECUTE FUNCTION check_journals();

CREATE FUNCTION refuse_empty_journal() RETURNS trigger LANGUAGE plpgsql SET enable_seqscan = off AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM public.postings WHERE journal = NEW.number) THEN
        RAISE check_violation USING MESSAGE = format('journal %s has no postings', NEW.number);
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER refuse_empty_journal AFTER INSERT ON journals
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION refuse_empty_journal();

-- What an account holds is the sum of its postings, kept as they come: a sum made anew for each chunk of payments would
-- take longer the more was paid. Nobody writes here but this trigger, which runs as the owner.
-- And nobody gives what he hasn't, but for the treasury, and payers' institutions, which owe what they announced.
CREATE TABLE balances (
    account text   PRIMARY KEY REFERENCES accounts,
    amount  bigint NOT NULL
);
CREATE FUNCTION keep_balances() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp SET enable_seqscan = off AS $$
DECLARE
    overdrawn text;
BEGIN
    INSERT INTO public.balances AS held
    SELECT account, sum(amount) FROM new_postings GROUP BY account ORDER BY account
    ON CONFLICT (account) DO UPDATE SET amount = held.amount + EXCLUDED.amount;
    SELECT min(n.account) INTO overdrawn
      FROM new_postings n
      JOIN public.accounts a ON a.code = n.account
      JOIN public.balances b ON b.account = n.account
     WHERE n.amount < 0 AND b.amount < 0 AND a.kind NOT IN ('treasury', 'payer');
    IF overdrawn IS NOT NULL THEN
        RAISE check_violation USING MESSAGE = format('%s is overdrawn', overdrawn);
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER keep_balances AFTER INSERT ON postings REFERENCING NEW TABLE AS new_postings
    FOR EACH STATEMENT EXECUTE FUNCTION keep_balances();

-- A programme spends what it was given and not more, whoever writes the instructions.
CREATE FUNCTION refuse_overspending() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    overspent text;
BEGIN
    SELECT min(b.programme) INTO overspent FROM public.budgets b
     WHERE (b.programme, b.currency) IN (SELECT DISTINCT programme, currency FROM new_instructions)
       AND b.ceiling < (SELECT sum(i.amount) FROM public.instructions i
                         WHERE (i.programme, i.currency) = (b.programme, b.currency)
                           AND i.status NOT IN ('rejected', 'returned'));
    IF overspent IS NOT NULL THEN
        RAISE check_violation USING MESSAGE = format('the budget of %s is overspent', overspent);
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER refuse_overspending AFTER INSERT ON instructions REFERENCING NEW TABLE AS new_instructions
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_overspending();

-- What an instruction has become it stays, but for a credit that nobody claims.
CREATE FUNCTION refuse_way_back() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (OLD.status, NEW.status) NOT IN (
            ('pending', 'pending'), ('sent', 'sent'), ('pending', 'sent'),
            ('sent', 'credited'), ('sent', 'rejected'), ('credited', 'credited'), ('credited', 'returned')) THEN
        RAISE check_violation USING MESSAGE = format(
            'instruction %s is %s and can''t become %s', OLD.instruction_id, OLD.status, NEW.status);
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER refuse_way_back BEFORE UPDATE ON instructions FOR EACH ROW EXECUTE FUNCTION refuse_way_back();

GRANT SELECT, INSERT ON accounts, journals, postings, requests, batches, instructions, callbacks, closings
    TO {role};
GRANT SELECT ON balances TO {role};
GRANT SELECT, INSERT, UPDATE ON beneficiaries, validations, budgets TO {role};
GRANT UPDATE (status) ON batches TO {role};
GRANT UPDATE (status, reason, failures, retry_at, claim_by) ON instructions TO {role};
GRANT UPDATE (failures, retry_at, delivered_at) ON callbacks TO {role};
