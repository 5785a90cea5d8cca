"""What a run leaves behind: listeners of events, the signed bundle, its page, the register of runs.

Everything here is made from values that the caller hands over. Nothing here calls a block,
reads the clock or the environment, or fetches anything from a network.
"""
