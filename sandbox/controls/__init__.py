"""The sandbox's own API for scenarios: citizens, clock, plantings, messages, log-in, reset.

Runs as one more instance of every sandbox. It reads the population's Parquet, administers the
sandbox's databases for a reset, and reaches blocks through the mediator only. It never sees a
container engine: killing and starting instances belongs to the lifecycle.
"""
