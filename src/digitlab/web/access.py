"""Who may use the lab: checks before, and headers after, everything that the application does."""

from __future__ import annotations

import hmac
import html
import ipaddress
import re
from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import parse_qsl, urlencode

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from digitlab.web.problems import TITLES, BodyTooLargeError, problem

__all__ = ["MAX_BODY", "OPEN_PATH", "Access", "AccessRules"]

MAX_BODY = 64 * 2**20
"""Bytes of the longest body that holds pictures."""
MAX_OTHER = 2 * 2**20
"""Bytes of the longest body of any other request: JSON takes up to forty times as much once it is read."""
PICTURE_PATHS = ("/api/draw/picture", "/api/predict", "/api/read", "/api/read-pages")
"""Where pictures are sent to."""
OPEN_PATH = "/api/health"
"""Needs no token, so that a load balancer can ask whether the server answers."""
LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
HOST = re.compile(r"(?:(?P<name>[\w.-]+)|\[(?P<address>[0-9a-f:.]+)\])(?::\d{1,5})?", re.ASCII)
"""The value of a `Host` header: a name or an address, of version 6 in brackets; perhaps a port."""
READS = ("GET", "HEAD")
CUSTOM_HEADER = "x-digitlab"
"""No form and no plain request of another page can send a header of its own."""
HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}
LOCKED_PAGE = b"""<!doctype html>
<html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>digitlab lab: locked</title>
<h1>This lab is locked</h1>
<p>Open the address that <code>digitlab lab</code> has printed in its terminal: it holds the token. If you
came here by a link from another page, load this page again.</p>
</html>
"""
ENTRANCE_PAGE = """<!doctype html>
<html lang="en"><meta charset="utf-8"><meta http-equiv="refresh" content="0; url={0}">
<title>digitlab lab</title><p><a href="{0}">To the lab</a></p></html>
"""


@dataclass(frozen=True)
class AccessRules:
    """What is allowed.

    Attributes:
        token: What whoever uses the lab must have.
        hosts: Names and addresses, beside those of this machine's own loopback, under which the lab may be
            asked for; in small letters.
        any_address: Whether every numeric address is allowed, too. A page of another site can make its
            name lead here, but no number.
        max_body: Bytes of the longest body that holds pictures.
    """

    token: str
    hosts: frozenset[str] = frozenset()
    any_address: bool = False
    max_body: int = MAX_BODY

    def allows_host(self, host: str) -> bool:
        """Whether the value of a `Host` header is one of ours; its port does not matter."""
        parts = HOST.fullmatch(host.lower())
        if parts is None:
            return False
        name = parts["name"] or parts["address"]
        if name in LOOPBACK or name in self.hosts:
            return True
        try:
            return self.any_address and bool(ipaddress.ip_address(name))
        except ValueError:
            return False


class Access:
    """ASGI middleware: hosts, token, origin and bodies are checked; every answer gets the headers.

    A browser that opens `/?token=TOKEN` gets the token as a cookie and is sent to `/`; programs send
    `Authorization: Bearer TOKEN`. What changes something needs, from a browser, our own page as its origin,
    and JSON or a header that only a script of ours can send.

    Args:
        app: The application.
        rules: What is allowed.
    """

    def __init__(self, app: ASGIApp, rules: AccessRules) -> None:
        self._app, self._rules = app, rules

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers a request, or hands it on."""
        if scope["type"] != "http":  # the start and the end of the server; there are no web sockets
            if scope["type"] == "lifespan":
                await self._app(scope, receive, send)
            return
        send = _with_headers(send)
        refusal = self._refusal(scope)
        if refusal is not None:
            await refusal(scope, receive, send)
        else:
            await self._bounded(scope, receive, send)

    def _refusal(self, scope: Scope) -> Response | None:
        """The answer to a request that is not handed on."""
        headers = Headers(scope=scope)
        hosts = headers.getlist("host")
        if len(hosts) != 1 or not self._rules.allows_host(hosts[0]):
            return problem(
                400,
                f"the host {', '.join(hosts)[:100]!r} is none of this lab",
                "Use the address that digitlab lab prints; --host and DIGITLAB_LAB_HOSTS allow others.",
            )
        origin = headers.get("origin")
        if origin is not None and not _is_own(origin, hosts[0]):
            return problem(403, f"the origin {origin[:100]!r} is not this lab", "Use the lab's own page.")
        if scope["path"] == OPEN_PATH and scope["method"] in READS:
            return None
        if scope["path"] == "/" and scope["method"] == "GET":
            opened = self._opened(scope)
            if opened is not None:
                return opened
        scheme, _, given = headers.get("authorization", "").partition(" ")
        if scheme.lower() == "bearer":
            return None if self._is_token(given.strip()) else _locked(headers)
        if not any(self._is_token(value) for value in _cookies(headers, _cookie_name(scope))):
            return _locked(headers)
        return None if scope["method"] in READS else _refused_write(headers)

    def _opened(self, scope: Scope) -> Response | None:
        """What gives a browser its cookie, if the address holds the token."""
        query = parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True)
        if not any(name == "token" and self._is_token(value) for name, value in query):
            return None
        rest = urlencode([(name, value) for name, value in query if name != "token"])
        target, own = f"/?{rest}" if rest else "/", {"Cache-Control": "no-store"}
        # A browser that follows a link of another site, such as a notebook, does not send the cookie after a
        # redirect; it does when a page of ours leads on.
        if Headers(scope=scope).get("sec-fetch-site") == "cross-site":
            response = Response(ENTRANCE_PAGE.format(html.escape(target)), 200, own, "text/html")
        else:
            response = RedirectResponse(target, 303, own)
        response.set_cookie(_cookie_name(scope), self._rules.token, httponly=True, samesite="strict")
        return response

    def _is_token(self, value: str) -> bool:
        return hmac.compare_digest(value.encode("utf-8", "replace"), self._rules.token.encode())

    async def _bounded(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Hands a request on, unless its body is too long: by what it says, or once it has grown so."""
        longest = self._rules.max_body
        if scope["path"] not in PICTURE_PATHS:
            longest = min(longest, MAX_OTHER)
        declared = Headers(scope=scope).get("content-length", "")
        if declared.isdigit() and int(declared[:20]) > longest:
            too_large = BodyTooLargeError(longest)
            await problem(413, TITLES[413], too_large.detail)(scope, receive, send)
            return
        received = 0

        async def counted() -> Message:
            nonlocal received
            message = await receive()
            if message["type"] == "http.request":
                received += len(message.get("body", b""))
                if received > longest:
                    raise BodyTooLargeError(longest)
            return message

        await self._app(scope, counted, send)


def _refused_write(headers: Headers) -> Response | None:
    """The answer to a change that a browser asks for, if it does not come from a script of ours."""
    if headers.get("origin") is None:
        return problem(
            403, "a change without an origin", "Use the lab's page, or send Authorization: Bearer."
        )
    kind = headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "application/json" and CUSTOM_HEADER not in headers:
        return problem(403, f"a change sent as {kind or 'nothing'}", "Send JSON, or X-Digitlab: 1.")
    return None


def _locked(headers: Headers) -> Response:
    if "text/html" in headers.get("accept", ""):
        return Response(LOCKED_PAGE, 401, {"WWW-Authenticate": "Bearer"}, "text/html")
    return problem(
        401,
        "no token, or a wrong one",
        "Send Authorization: Bearer TOKEN, with the token that digitlab lab prints, or open its address.",
        {"WWW-Authenticate": "Bearer"},
    )


def _is_own(origin: str, host: str) -> bool:
    """Whether an origin is the page under this `Host`; a proxy in front may have added encryption."""
    scheme, _, rest = origin.partition("://")
    return scheme in ("http", "https") and rest.lower() == host.lower()


def _cookie_name(scope: Scope) -> str:
    """Of this port: browsers do not keep the cookies of a machine's ports apart."""
    server = scope.get("server") or ("", 0)
    return f"digitlab-lab-{server[1] or 0}"


def _cookies(headers: Headers, name: str) -> Iterable[str]:
    """The values of a cookie."""
    for header in headers.getlist("cookie"):
        for part in header.split(";"):
            key, _, value = part.strip().partition("=")
            if key == name:
                yield value


def _with_headers(send: Send) -> Send:
    async def sending(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            for name, value in HEADERS.items():
                headers[name] = value
            headers.setdefault("Cache-Control", "no-cache")
        await send(message)

    return sending
