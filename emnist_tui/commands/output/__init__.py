"""Output that several commands share: data on stdout, everything else on stderr."""
