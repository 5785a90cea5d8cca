"""Playing a scenario under faults: where they strike, what breaks, and whether anything was lost."""
