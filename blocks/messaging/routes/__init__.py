"""The block's operations, by channel."""
