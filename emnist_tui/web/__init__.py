"""The app as a web page, through textual-serve; needs the extra `serve`."""
