"""Networks as graphs of operations, computed in numpy."""
