"""The `serve` command: the app as a web page, local by default."""

import argparse
import errno
import getpass
import os
import socket
import sys
from contextlib import redirect_stdout
from ipaddress import ip_address
from pathlib import Path

from emnist_tui.commands.output.streams import print_line, print_message
from emnist_tui.runs import folder, launch
from emnist_tui.runs.errors import EmnistTuiError, ExitCode, UsageError

_MAX_PORT = 65_535


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the options of `serve`."""
    parser.add_argument("path", nargs="?", metavar="PATH", help="a run's name or folder, or a checkpoint, to open")
    parser.add_argument("--port", type=_port, default=8000, help="(8000; 0: any free port)")
    parser.add_argument("--host", default="127.0.0.1", help="the address to listen on (127.0.0.1)")
    parser.add_argument(
        "--allow-remote", action="store_true", help="allow a --host that other machines reach: there is no password"
    )
    parser.add_argument(
        "--low-bandwidth", action="store_true", default=argparse.SUPPRESS, help="send at most about 3 kB a second"
    )


def run(options: argparse.Namespace) -> int:
    """Serve until interrupted.

    Raises `EmnistTuiError` if it cannot listen or the extra is not installed.
    """
    try:
        from emnist_tui.web.server import AppServer
    except ModuleNotFoundError as error:
        if error.name is None or error.name.startswith("emnist_tui"):
            raise
        raise EmnistTuiError(
            "The web page needs textual-serve; install it with `pip install 'emnist-tui[serve]'`."
        ) from None
    root = folder.checkpoints_root(options.checkpoints)
    arguments = _app_arguments(root, options.path, low_bandwidth=options.low_bandwidth)
    family, address, is_loopback = _resolve(options.host, options.port)
    if not is_loopback and not options.allow_remote:
        raise UsageError(
            f"Anyone who reaches {options.host} could start runs and read files with your rights, because there is no "
            "password; keep to 127.0.0.1 and ssh -L, or add --allow-remote."
        )
    names = {"localhost", options.host}
    if not is_loopback:
        names |= {socket.gethostname(), socket.getfqdn()}
    with _listen(family, address) as listener, redirect_stdout(sys.stderr):
        _print_address(listener, is_loopback=is_loopback)
        AppServer(arguments, names).run(listener)
    return ExitCode.INTERRUPTED


def _app_arguments(root: Path, path: str | None, *, low_bandwidth: bool) -> list[str]:
    """Build the command line of each page's app.

    Raises `EmnistTuiError` for a path that cannot be opened.
    """
    from emnist_tui.tui.session.open import find_path

    # Absolute paths, because a relative one may be the name of a command.
    arguments = [*launch.own_command(), "--checkpoints", str(root.absolute())]
    if low_bandwidth:
        arguments.append("--low-bandwidth")
    if path is not None:
        arguments.append(str(find_path(root, path).absolute()))
    return arguments


def _resolve(host: str, port: int) -> tuple[socket.AddressFamily, tuple[str, int], bool]:
    """Resolve a host and port to an address to listen on.

    Returns the family, the address, and whether only this machine reaches it. Raises `UsageError` if `host` is not an
    address of this machine.
    """
    try:
        family, *_, resolved = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[0]
        address = str(resolved[0])
        return family, (address, port), ip_address(address).is_loopback
    except (OSError, ValueError) as error:
        raise UsageError(f"{host!r} is not an address of this machine ({error}).") from None


def _listen(family: socket.AddressFamily, address: tuple[str, int]) -> socket.socket:
    try:
        return socket.create_server(address, family=family)
    except OSError as error:
        host, port = address
        if error.errno == errno.EADDRINUSE:
            raise EmnistTuiError(f"Port {port} of {host} is in use; choose another with --port.") from None
        if error.errno == errno.EACCES:
            raise EmnistTuiError(f"Port {port} needs special rights; choose one above 1023 with --port.") from None
        raise EmnistTuiError(f"Cannot listen on {host} ({error.strerror}); choose another --host.") from None


def _print_address(listener: socket.socket, *, is_loopback: bool) -> None:
    host, port = listener.getsockname()[:2]
    shown = f"[{host}]" if ":" in host else host
    if not is_loopback:
        print_message(
            "warning: anyone who reaches it can start runs and read files with your rights; there is no password."
        )
        if ip_address(host).is_unspecified:
            shown = socket.gethostname()
    print_line(f"The app is at http://{shown}:{port}/ until ctrl+c; a training run continues after that.")
    if is_loopback:
        print_line(
            f"From your own machine: ssh -L {port}:{shown}:{port} {_user()}@{socket.gethostname()}, then the same "
            "address there.\nThere is no password: other accounts of this machine reach it too."
        )


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a user without a name, as in some containers
        return str(os.getuid())


def _port(text: str) -> int:
    if not text.isascii() or not text.isdigit() or int(text) > _MAX_PORT:
        raise argparse.ArgumentTypeError(f"must be a whole number from 0 to {_MAX_PORT}, not {text!r}")
    return int(text)
