"""Commands: one module each, with its options in `add_options` and its work in `run`."""
