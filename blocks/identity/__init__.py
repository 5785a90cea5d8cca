"""The identity block: foundational identities, and the log-in that every token comes from."""
