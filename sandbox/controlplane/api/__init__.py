"""The API under `/api/v1`: what programs and the command line speak."""
