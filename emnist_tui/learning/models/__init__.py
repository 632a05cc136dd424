"""Networks, their registry, and the device they run on."""
