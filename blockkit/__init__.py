"""What the reference blocks share. It knows no block, and the orchestrator never imports it."""
