"""A sandbox as a folder that Compose starts without us: its file, its secrets, its citizens, a README."""
