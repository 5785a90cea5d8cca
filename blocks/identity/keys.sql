-- After the load: the staff who work in every sandbox, and the key that one COPY is cheaper without.

INSERT INTO persons (individual_id, given_name, family_name, roles)
SELECT 'STAFF-' || role, initcap(replace(role, '-', ' ')), 'Staff', ARRAY[role]
FROM unnest(ARRAY['enrolment-officer', 'payroll-maker', 'payroll-checker', 'payroll-releaser', 'registrar',
                  'civil-registrar', 'licensing-officer', 'building-officer', 'company-registrar', 'cashier',
                  'midwife', 'community-health-worker', 'health-officer', 'data-protection-officer', 'auditor',
                  'design-reviewer', 'building-inspector', 'site-inspector', 'levy-assessor'])
    AS role;

ALTER TABLE persons ADD PRIMARY KEY (individual_id);
