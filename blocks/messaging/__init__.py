"""Messaging: e-mail and text messages to inboxes inside the sandbox. Nothing leaves it."""
