"""The terminal app: it reads run folders and never trains."""
