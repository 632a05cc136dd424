"""Official EMNIST digits: download, verification, installation and reading."""
