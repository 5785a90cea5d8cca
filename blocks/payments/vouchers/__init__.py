"""Vouchers: money that waits for whoever shows a secret number, and comes back when nobody does."""
