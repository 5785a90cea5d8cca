"""The operations of payments; the rules stand beside this folder."""
