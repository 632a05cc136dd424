"""The `serve` command: the app as a web page, for this machine unless more is allowed."""

import argparse
import errno
import getpass
import os
import socket
import sys
from contextlib import redirect_stdout
from ipaddress import ip_address
from pathlib import Path

from emnist_tui.runs import folder
from emnist_tui.runs.errors import EmnistTuiError, ExitCode, UsageError

_HIGHEST_PORT = 65_535


def add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("path", nargs="?", metavar="PATH", help="a run folder or a checkpoint to open at once")
    parser.add_argument("--port", type=_port, default=8000, help="(8000; 0: any that is free)")
    parser.add_argument("--host", default="127.0.0.1", help="the address to listen on (127.0.0.1)")
    parser.add_argument(
        "--allow-remote", action="store_true", help="let --host be one that others reach: there is no password"
    )


def serve(options: argparse.Namespace) -> int:
    """Serves until it is interrupted. Raises `EmnistTuiError` when it cannot listen or the extra is absent."""
    try:
        from emnist_tui.web.server import AppServer
    except ModuleNotFoundError as error:
        if error.name is None or error.name.startswith("emnist_tui"):
            raise
        raise EmnistTuiError("The web page needs textual-serve; get it by `pip install 'emnist-tui[serve]'`.") from None
    root = folder.checkpoints_root(options.checkpoints)
    arguments = _app_arguments(root, options.path, low_bandwidth=options.low_bandwidth)
    family, address, is_loopback = _resolve(options.host, options.port)
    if not is_loopback and not options.allow_remote:
        raise UsageError(
            f"Whoever reaches {options.host} could start runs and read files with your rights, for there is no "
            "password; keep to 127.0.0.1 and ssh -L, or add --allow-remote."
        )
    names = {"localhost", options.host}
    if not is_loopback:
        names |= {socket.gethostname(), socket.getfqdn()}
    with _listen(family, address) as listener, redirect_stdout(sys.stderr):
        _tell(listener, is_loopback=is_loopback)
        AppServer(arguments, names).run(listener)
    return ExitCode.INTERRUPTED


def _app_arguments(root: Path, path: str | None, *, low_bandwidth: bool) -> list[str]:
    """How each page's app is started. Raises `EmnistTuiError` for a path that cannot be opened."""
    from emnist_tui.tui.session.open import find_path

    # Whole paths: a run may be called like a command.
    arguments = [sys.executable, "-m", "emnist_tui", "--checkpoints", str(root.absolute())]
    if low_bandwidth:
        arguments.append("--low-bandwidth")
    if path is not None:
        arguments.append(str(find_path(root, path).absolute()))
    return arguments


def _resolve(host: str, port: int) -> tuple[socket.AddressFamily, tuple[str, int], bool]:
    """The family and address to listen on, and whether only this machine reaches it. Raises `UsageError`."""
    try:
        family, *_, found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[0]
        address = str(found[0])
        return family, (address, port), ip_address(address).is_loopback
    except (OSError, ValueError) as error:
        raise UsageError(f"{host!r} is no address of this machine ({error}).") from None


def _listen(family: socket.AddressFamily, address: tuple[str, int]) -> socket.socket:
    try:
        return socket.create_server(address, family=family)
    except OSError as error:
        host, port = address
        if error.errno == errno.EADDRINUSE:
            raise EmnistTuiError(f"Port {port} of {host} is in use; choose another by --port.") from None
        if error.errno == errno.EACCES:
            raise EmnistTuiError(f"Port {port} is not for every user to listen on; choose one above 1023.") from None
        raise EmnistTuiError(f"{host} cannot be listened on ({error.strerror}); choose another --host.") from None


def _tell(listener: socket.socket, *, is_loopback: bool) -> None:
    host, port = listener.getsockname()[:2]
    shown = f"[{host}]" if ":" in host else host
    if not is_loopback:
        words = "whoever reaches it starts runs and reads files with your rights; there is no password"
        print(f"emnist-tui: warning: {words}.", file=sys.stderr)
        if ip_address(host).is_unspecified:
            shown = socket.gethostname()
    print(f"The app is at http://{shown}:{port}/ until ctrl+c; a run that trains goes on.", file=sys.stderr)
    if is_loopback:
        print(
            f"From your own machine: ssh -L {port}:{shown}:{port} {_user()}@{socket.gethostname()}, then the same "
            "address there.\nThere is no password: other accounts of this machine reach it too.",
            file=sys.stderr,
        )
    sys.stderr.flush()


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a user without a name, as in some containers
        return str(os.getuid())


def _port(text: str) -> int:
    if not text.isascii() or not text.isdigit() or int(text) > _HIGHEST_PORT:
        raise argparse.ArgumentTypeError(f"must be a whole number from 0 to {_HIGHEST_PORT}, not {text!r}")
    return int(text)
