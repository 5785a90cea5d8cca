"""The consent block: what people agreed to, in which words, and whether they still do."""
