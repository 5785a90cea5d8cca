"""What a served installation remembers: accounts, wishes, jobs, and what happened, in PostgreSQL."""
