"""The reference building blocks, one folder each; strangers to each other."""
