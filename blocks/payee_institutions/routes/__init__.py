"""The institutions' operations; the rules stand beside this folder."""
