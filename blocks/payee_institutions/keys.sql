-- Keys and indexes, and each institution's clearing accounts; run after the load, which they would slow down.

INSERT INTO accounts (account_id, institution, account_number, kind, currency)
SELECT -row_number() OVER (ORDER BY institution, currency), institution,
       'CLEARING-' || institution || '-' || currency, 'clearing', currency
  FROM (SELECT DISTINCT institution, currency FROM accounts) AS offered;

ALTER TABLE accounts ADD PRIMARY KEY (account_id);
CREATE UNIQUE INDEX accounts_number ON accounts (account_number);
CREATE INDEX accounts_holder ON accounts (person_no);
CREATE INDEX accounts_clearing ON accounts (institution, currency) WHERE kind = 'clearing';
ALTER TABLE holders ADD PRIMARY KEY (person_no);
CREATE UNIQUE INDEX holders_individual ON holders (individual_id);
CREATE UNIQUE INDEX holders_functional ON holders (functional_id);
ALTER TABLE accounts ADD FOREIGN KEY (person_no) REFERENCES holders;
ALTER TABLE postings ADD FOREIGN KEY (account_id) REFERENCES accounts;
CREATE INDEX postings_account ON postings (account_id);
ANALYZE accounts;
ANALYZE holders;
