"""The signals that ask a process to end, where the platform has them."""

import signal

ENDING = tuple(getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name))
"""An interruption, a request to end, and a terminal that is gone."""
