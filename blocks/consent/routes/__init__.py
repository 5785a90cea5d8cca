"""Consent's operations, one module per group; rules live beside, not here."""
