"""Models, data, checkpoints, training and inference: the only room that imports torch."""
