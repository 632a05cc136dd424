"""The app as a web page, by textual-serve: needs the extra `serve`."""
