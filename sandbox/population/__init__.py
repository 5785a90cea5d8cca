"""Fictitious citizens: country packs in, Parquet files with a manifest out, the same on every machine.

This package alone knows how citizens come about, and is the one home of Faker. It refuses to
know building blocks, databases and scenarios.
"""

from sandbox.population.engine.compiled import compile_pack
from sandbox.population.files.cache import ensure, read_manifest
from sandbox.population.files.generation import check_size, generate
from sandbox.population.files.shards import generate_shard, merge, read_shard
from sandbox.population.files.sums import check_sums
from sandbox.population.packs.folder import Pack, known_packs, list_packs, load_pack

__all__ = [
    "Pack",
    "check_size",
    "check_sums",
    "compile_pack",
    "ensure",
    "generate",
    "generate_shard",
    "known_packs",
    "list_packs",
    "load_pack",
    "merge",
    "read_manifest",
    "read_shard",
]
