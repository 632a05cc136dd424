"""Which requests are meant for this server: those that its own page makes.

Any page in the same browser can send requests to a loopback address, open web sockets to it, and have a name of its own
resolve to it (DNS rebinding). The browser tells on it in two headers that a page cannot forge, Host and Origin.
"""

from collections.abc import Awaitable, Callable, Collection
from ipaddress import ip_address
from urllib.parse import urlsplit

from aiohttp import web
from aiohttp.typedefs import Middleware


def only_own_page(names: Collection[str]) -> Middleware:
    """Refuses (403) requests to a host that is none of `names` and no plain address, and those of other pages."""

    @web.middleware
    async def check(
        request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
    ) -> web.StreamResponse:
        host, origin = request.headers.get("Host", ""), request.headers.get("Origin")
        if not is_own_host(host, names):
            raise web.HTTPForbidden(text=f"This server does not answer to that name; open it by its address.\n{host}\n")
        if origin is not None and not is_same_host(origin, host):
            raise web.HTTPForbidden(text="This server answers to its own page only.\n")
        return await handler(request)

    return check


def is_own_host(host: str, names: Collection[str]) -> bool:
    """Whether a Host header names this server. A plain address always may: no foreign name can stand for it."""
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
    """Whether an Origin header is that of a page under `host`, with its port."""
    try:
        return urlsplit(origin).netloc.lower() == host.lower() != ""
    except ValueError:
        return False
