"""The container's health probe: ``python -I -m shopvisio.health`` exits 0 when every listener answers /healthz, or the
path that is given: /readyz, before a new version keeps its place.

It asks the appliance on this very machine, so the certificate is not verified and no redirect is followed.
"""

import os
import ssl
import sys
from collections.abc import Mapping
from http.client import HTTPConnection, HTTPException, HTTPSConnection

SECONDS = 2.0  # for one listener
ANYWHERE = {"": "127.0.0.1", "0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - what to ask when it listens on all


def main(env: Mapping[str, str] = os.environ, path: str = "/healthz") -> int:
    """0 when all is well; otherwise 1, and a line per silent listener on the standard error."""
    bind = env.get("SHOPVISIO_BIND", "")
    host = ANYWHERE.get(bind, bind)
    faults = []
    for name, usual in (("SHOPVISIO_PORT", "80"), ("SHOPVISIO_TLS_PORT", "443")):
        port = int(env.get(name, "") or usual)
        fault = _fault(host, port, path, tls=name == "SHOPVISIO_TLS_PORT") if port else ""
        if fault:
            faults.append(f"{host} port {port}: {fault}")
    for fault in faults:
        sys.stderr.write(fault + "\n")
    return 1 if faults else 0


def _fault(host: str, port: int, path: str, tls: bool) -> str:
    """What is wrong with this listener, or nothing."""
    try:
        answer = _connection(host, port, tls)
        answer.request("GET", path)
        status = answer.getresponse().status
        answer.close()
    except (OSError, HTTPException) as error:
        return str(error) or type(error).__name__
    return "" if status == 200 else f"answered {status}"


def _connection(host: str, port: int, tls: bool) -> HTTPConnection:
    if not tls:
        return HTTPConnection(host, port, timeout=SECONDS)
    trusting = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    trusting.check_hostname = False
    trusting.verify_mode = ssl.CERT_NONE
    return HTTPSConnection(host, port, timeout=SECONDS, context=trusting)


if __name__ == "__main__":
    sys.exit(main(os.environ, *sys.argv[1:2]))
