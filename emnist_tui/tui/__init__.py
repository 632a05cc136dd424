"""Terminal app that reads run folders and never trains."""
