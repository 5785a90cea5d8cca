"""Online services as data: applications, checks, decisions, and the payroll that follows from them."""
