"""Values: frozen, without I/O, in the vocabulary of ARCHITECTURE.md."""
