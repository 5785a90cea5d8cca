"""What the mediator answers, by part of its URL space."""
