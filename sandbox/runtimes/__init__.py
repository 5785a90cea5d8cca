"""Drivers, one folder each; loaded by name through sandbox.runtime, imported by nobody."""
