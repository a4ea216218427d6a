"""What the pages of final billing have in common: words, and lines of money with everything they are made of."""
