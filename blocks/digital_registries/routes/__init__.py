"""The operations of the digital registries; thin, the rules are beside this folder."""
