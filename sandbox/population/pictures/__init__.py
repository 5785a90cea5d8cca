"""Citizens as people look at them: pyramids, families, one person's file. Changes no population."""
