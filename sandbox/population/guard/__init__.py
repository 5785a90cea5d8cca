"""The guard: lets a file of records in only where nobody in it can be a real person."""
