"""Arazzo workflows become calls and events. Knows no storage, no console and no runtime."""
