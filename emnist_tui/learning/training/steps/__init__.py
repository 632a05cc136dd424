"""Several ways to compute the loss and gradient of one optimization step."""
