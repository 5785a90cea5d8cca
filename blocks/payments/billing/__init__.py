"""Bills that people owe to government: inquiry, payment, and requests to pay."""
