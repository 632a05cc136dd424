"""Training on a CUDA card; what does not depend on one is also run on the CPU."""
