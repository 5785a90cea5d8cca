"""civic-sandbox: try a digital government service on fictitious citizens before paying for it."""

__version__ = "0.1.0"
