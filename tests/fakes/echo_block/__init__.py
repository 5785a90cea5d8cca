"""A block that repeats what it is told: what the runtimes start in tests."""
