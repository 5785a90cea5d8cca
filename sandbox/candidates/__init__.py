"""Products under evaluation: proving that they can be confined, letting them in, comparing them.

`attack` proves the isolation of an Engine at the receiver; no foreign image starts before it passed.
"""
