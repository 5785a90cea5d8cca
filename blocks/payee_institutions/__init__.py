"""The witness: banks and mobile-money operators with a ledger of their own."""
