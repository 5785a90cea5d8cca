"""What a change of policy would do: two policies over one population, without any block."""
