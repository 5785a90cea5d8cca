"""Proves by counting, from a population's files alone, what its manifest says of it."""

from sandbox.population.audit.audit import audit
from sandbox.population.audit.report import AuditReport, Check

__all__ = ["AuditReport", "Check", "audit"]
