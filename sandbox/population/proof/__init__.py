"""How far it is proven that nobody in a population is real, in figures and in words."""
