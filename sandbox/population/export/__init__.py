"""Citizens for other programs: answers to SQL, and files of other formats. Changes no population."""
