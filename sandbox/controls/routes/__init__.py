"""Operations of the controls, grouped as an official would: people, clock, messages, state."""
