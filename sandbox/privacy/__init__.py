"""What is real on an installation: where it lies, why, for how long; a copy of it, and its end.

The citizens are made up and no part of this. Looks below `SANDBOX_HOME` only: evidence that somebody
wrote elsewhere, or carried away, can't be found by anybody here.
"""
