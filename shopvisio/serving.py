"""The running appliance: listeners, relay, workers, and how it ends."""

import gc
import logging
import ssl
import sys
from collections.abc import Callable
from dataclasses import dataclass
from socket import socket
from urllib.parse import urlsplit

from flask import Flask

from shopvisio import app as house
from shopvisio import clock, hub, reach, settings, tls
from shopvisio.config import BadConfig, Config, lan_address
from shopvisio.errors import RelayFailed
from shopvisio.hub import server
from shopvisio.rtc import Engine
from shopvisio.web import signalling

log = logging.getLogger(__name__)

SWITCH = 0.0005  # seconds: how long another thread may hold the interpreter while media waits
GOODBYE = 1.0  # seconds for people in calls to hear that we are leaving


@dataclass
class Running:
    """What must be ended."""

    app: Flask
    relay: Engine


def serve(config: Config, when_up: Callable[[Flask], None] = lambda app: None) -> None:
    """Serve until asked to end. ``when_up`` is called once everything listens.

    Raises BadConfig when a port cannot be had, or the certificate cannot be used.
    """
    sys.setswitchinterval(SWITCH)
    hub.start()
    context = _tls(config)
    listeners = [
        (_listen(config.bind, port), tls_) for port, tls_ in ((config.port, None), (config.tls_port, context)) if port
    ]
    app = house.create_app(config)
    relay = _relay(config)
    app.extensions["relay"] = relay
    app.extensions["reach"] = _reach(app, config, relay)
    signalling.start(app)
    house.start_jobs(app)
    for listener, tls_ in listeners:
        hub.spawn(server.serve, app, listener, tls_, relay.adopt)
    ended = hub.Alarm()
    hub.on_signal(lambda: _end(Running(app, relay), ended))
    gc.collect()
    gc.freeze()  # what is here stays; looking through all of it would hold up media for a tenth of a second each time
    gc.enable()
    log.info("serving", extra={"http": config.port, "https": config.tls_port, "media": relay.port})
    when_up(app)
    while not app.extensions.get("ended"):
        ended.wait(3600)
    log.info("ended")


def _end(running: Running, ended: hub.Alarm) -> None:
    """Tell the people in calls, end their media, go."""
    log.info("ending")
    with running.app.app_context():
        signalling.closing(running.app)
    hub.sleep(GOODBYE)
    hub.in_thread(running.relay.stop, timeout=5)
    running.app.extensions["ended"] = True
    ended.ring()


def _listen(bind: str, port: int) -> socket:
    try:
        return server.listen(bind, port)
    except PermissionError:
        raise BadConfig(f"Port {port}: this account may not open it (below 1024 it takes a privilege).") from None
    except OSError as error:
        raise BadConfig(f"Port {port} on {bind} cannot be opened: {error.strerror}.") from None


def _tls(config: Config) -> ssl.SSLContext | None:
    if not config.tls_port:
        return None
    if config.tls_cert and config.tls_key:
        return tls.context(config.tls_cert, config.tls_key)
    lan = lan_address()
    names = tls.names(urlsplit(config.public_url).hostname or "", [lan] if lan != "localhost" else [])
    return tls.context(*tls.self_signed(config.secrets, names, clock.now()))


def _reach(app: Flask, config: Config, relay: Engine) -> reach.Watch:
    def wish() -> reach.Wish:
        with app.app_context():
            return reach.Wish(
                settings.get("public_address"), settings.get("stun_server"), config.public_url, config.media_addresses
            )

    watch = reach.Watch(reach.Reach(config.media_addresses), wish, relay.advertise)
    hub.spawn(watch.run)
    return watch


def _relay(config: Config) -> Engine:
    relay = Engine(config.media_port, None, config.media_addresses, wake=signalling.wake, tcp_port=config.tls_port)
    try:
        relay.start()
    except RelayFailed as error:
        raise BadConfig(f"Media port {config.media_port} (UDP): {error.message}") from None
    return relay
