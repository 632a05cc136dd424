"""Refusal of requests that the server's own page did not make.

Any page in the same browser can send requests to a loopback address, open web sockets to it, and have its own host name
resolve to it (DNS rebinding). The browser reveals this in two headers that a page cannot forge, Host and Origin.
"""

from collections.abc import Awaitable, Callable, Collection
from ipaddress import ip_address
from urllib.parse import urlsplit

from aiohttp import web
from aiohttp.typedefs import Middleware


def only_own_page(names: Collection[str]) -> Middleware:
    """Refuse (403) requests of other pages and to other host names.

    A host must be in `names` or a plain address.
    """

    @web.middleware
    async def check(
        request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
    ) -> web.StreamResponse:
        host, origin = request.headers.get("Host", ""), request.headers.get("Origin")
        if not is_own_host(host, names):
            raise web.HTTPForbidden(
                text=f"This server does not answer to this host name; open it by its address.\n{host}\n"
            )
        if origin is not None and not is_same_host(origin, host):
            raise web.HTTPForbidden(text="This server answers to its own page only.\n")
        return await handler(request)

    return check


def is_own_host(host: str, names: Collection[str]) -> bool:
    """Return whether a Host header names this server.

    A plain address always does: no other page's host name can stand for it.
    """
    try:
        name = urlsplit(f"//{host}").hostname or ""
    except ValueError:
        return False
    if name.rstrip(".") in {known.lower() for known in names}:
        return True
    try:
        ip_address(name)
    except ValueError:
        return False
    return True


def is_same_host(origin: str, host: str) -> bool:
    """Return whether an Origin header names `host`, with its port."""
    try:
        return urlsplit(origin).netloc.lower() == host.lower() != ""
    except ValueError:
        return False
