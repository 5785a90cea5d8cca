"""Dirty registers: copies of the tables that blocks are loaded from, with known faults, and the truth apart.

The population itself never changes. Each register errs on its own and row by row, so a fault
follows from (pack, seed, register, kind, row) and nothing else.
"""

from sandbox.population.dirt.eligibility import read_policy
from sandbox.population.dirt.encounters import find_encounters
from sandbox.population.dirt.folder import ensure_dirty, generate_dirty, merge_dirty
from sandbox.population.dirt.matches import count_matches
from sandbox.population.dirt.recipe import Recipe, read_recipe

__all__ = [
    "Recipe",
    "count_matches",
    "ensure_dirty",
    "find_encounters",
    "generate_dirty",
    "merge_dirty",
    "read_policy",
    "read_recipe",
]
