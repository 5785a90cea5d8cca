"""Payments from government to people: a double-entry ledger, an account mapper and batches."""
