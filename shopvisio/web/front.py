"""The front door of the web side: who is behind a proxy, who must come back by HTTPS, which request is which."""

import ipaddress
import re
import secrets
from collections.abc import Callable, Iterable
from typing import Any

from shopvisio.config import Config
from shopvisio.log import request_id

Environ = dict[str, Any]
StartResponse = Callable[..., Any]
Wsgi = Callable[[Environ, StartResponse], Iterable[bytes]]

HEALTH = "/healthz"
CHALLENGE = re.compile(r"/\.well-known/acme-challenge/([A-Za-z0-9_-]{8,200})")  # what an authority of certificates asks


class Front:
    """WSGI middleware. Plain HTTP is served to this machine and to trusted proxies, whose ``X-Forwarded-…``
    are believed; everybody else is sent to HTTPS, or refused where there is none. ``home`` tells the shop's public
    address, empty while nobody gave it one."""

    def __init__(self, site: Wsgi, config: Config, home: Callable[[], str]) -> None:
        self.site, self.config, self.home = site, config, home

    def __call__(self, environ: Environ, start: StartResponse) -> Iterable[bytes]:
        request_id.set(secrets.token_hex(6))
        if environ.get("PATH_INFO") == HEALTH:  # alive: nothing of the shop is asked
            return _plain(start, "200 OK", "ok\n")
        if asked := CHALLENGE.fullmatch(environ.get("PATH_INFO", "")):
            return self._answer(asked[1], start)
        if environ.get("shopvisio.tls"):
            environ["wsgi.url_scheme"] = "https"
            return self.site(environ, start)
        if self._is_trusted_proxy(environ):
            self._believe(environ)
            return self.site(environ, start)
        if _is_loopback(environ.get("REMOTE_ADDR", "")):
            return self.site(environ, start)
        return self._send_to_https(environ, start)

    def _answer(self, token: str, start: StartResponse) -> Iterable[bytes]:
        try:
            answer = (self.config.challenges / token).read_text()
        except OSError:  # nobody orders a certificate, or another one
            return _plain(start, "404 Not Found", "")
        return _plain(start, "200 OK", answer)

    def _is_trusted_proxy(self, environ: Environ) -> bool:
        if "HTTP_X_FORWARDED_FOR" not in environ:
            return False
        try:
            address = ipaddress.ip_address(environ.get("REMOTE_ADDR", ""))
        except ValueError:
            return False
        return any(address in network for network in self.config.trusted_proxies)

    def _believe(self, environ: Environ) -> None:
        environ["REMOTE_ADDR"] = environ["HTTP_X_FORWARDED_FOR"].split(",")[-1].strip()
        environ["wsgi.url_scheme"] = environ.get("HTTP_X_FORWARDED_PROTO", "http")
        environ["HTTP_HOST"] = environ.get("HTTP_X_FORWARDED_HOST", environ.get("HTTP_HOST", ""))

    def _send_to_https(self, environ: Environ, start: StartResponse) -> Iterable[bytes]:
        base = self.home() or self._https_here(environ)
        if not base:
            return _plain(start, "403 Forbidden", "This shop is served by HTTPS only.\n")
        target = base + environ.get("PATH_INFO", "/").replace("\r", "").replace("\n", "")
        if environ.get("QUERY_STRING"):
            target += "?" + environ["QUERY_STRING"]
        return _plain(start, "308 Permanent Redirect", "", [("Location", target)])

    def _https_here(self, environ: Environ) -> str:
        host = environ.get("HTTP_HOST", "").rpartition(":")[0] or environ.get("HTTP_HOST", "")
        if not self.config.tls_port or not host:
            return ""
        return f"https://{host}" if self.config.tls_port == 443 else f"https://{host}:{self.config.tls_port}"


def _is_loopback(address: str) -> bool:
    try:
        return ipaddress.ip_address(address.removeprefix("::ffff:")).is_loopback
    except ValueError:
        return False


def _plain(
    start: StartResponse, status: str, text: str, headers: list[tuple[str, str]] | None = None
) -> Iterable[bytes]:
    body = text.encode()
    start(status, [("Content-Type", "text/plain; charset=utf-8"), ("Content-Length", str(len(body))), *(headers or [])])
    return [body]
