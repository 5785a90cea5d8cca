"""Folders on disk become values: blocks, scenarios, wiring. Every refusal names file and line.

Nothing here starts, calls or changes anything, and no content reaches code: what is read
is data to the end.
"""
