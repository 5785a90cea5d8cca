"""The operations of registration; thin, the rules are beside this folder."""
