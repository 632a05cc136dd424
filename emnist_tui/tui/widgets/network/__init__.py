"""Maps, sums and answers of a network for one digit."""
