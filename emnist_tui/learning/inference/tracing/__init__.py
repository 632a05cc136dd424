"""Networks as graphs: the calls of torch that a forward pass makes."""
