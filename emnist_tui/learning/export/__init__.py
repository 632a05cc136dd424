"""Export of trained networks to other file formats."""
