"""Dirty registers: copies of the tables that blocks are loaded from, with known faults, and the truth apart.

The population itself never changes. Each register errs on its own and row by row, so a fault
follows from (pack, seed, register, kind, row) and nothing else.
"""

from sandbox.population.dirt.folder import ensure_dirty, generate_dirty
from sandbox.population.dirt.recipe import Recipe, read_recipe

__all__ = ["Recipe", "ensure_dirty", "generate_dirty", "read_recipe"]
