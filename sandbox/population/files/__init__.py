"""Populations as folders of Parquet with a manifest: written whole or not at all, kept, read back."""
