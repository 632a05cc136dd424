"""Search: workers that train the trials of a sweep, and the engine that allots them."""
