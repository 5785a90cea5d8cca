"""The life of a sandbox: wishes and world in, a plan out, and one executor that touches the world."""
