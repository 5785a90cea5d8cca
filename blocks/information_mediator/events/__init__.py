"""Publish and subscribe: rooms, event types, subscriptions, and events until somebody has taken them."""
