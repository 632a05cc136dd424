"""Run folders, read and controlled by other processes without loading torch."""
