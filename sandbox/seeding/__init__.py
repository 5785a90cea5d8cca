"""Population to blocks: databases and roles, each block's own bulk loader, templates for reset.

Runs inside the sandbox's network as a program that ends: `python -m sandbox.seeding`.
"""
