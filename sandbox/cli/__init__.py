"""The command line: the same words and outcomes as the evidence page, one line per thing."""
