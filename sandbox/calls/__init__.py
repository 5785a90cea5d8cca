"""Operations, expressions, criteria and the one HTTP conversation with blocks."""
