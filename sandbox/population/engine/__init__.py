"""From a pack and a seed to rows: pure computation over columns, no files and no clock."""
