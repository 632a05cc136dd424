"""What the headless commands do and print: one file a command or group of them."""
