"""Loss and gradient of small CNNs, several times faster than autograd."""
