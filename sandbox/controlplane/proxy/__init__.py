"""Blocks' pages and APIs through the control plane, on an origin of their own."""
