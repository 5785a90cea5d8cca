"""Registries as data: defined by JSON Schema, read and written through GovStack's Data API."""
