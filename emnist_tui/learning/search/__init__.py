"""Search: the workers that train a sweep's trials."""
