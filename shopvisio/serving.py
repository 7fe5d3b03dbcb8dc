"""The running appliance: listeners, relay, workers, and how it ends."""

import gc
import logging
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from socket import socket

from flask import Flask

from shopvisio import app as house
from shopvisio import certificate, clock, hub, reach, settings, timekeeping, timeserver
from shopvisio.certificate import Keeper
from shopvisio.config import BadConfig, Config
from shopvisio.errors import RelayFailed
from shopvisio.hub import server
from shopvisio.papertest import PaperTest
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


def serve(config: Config, when_up: Callable[[Flask], None] = lambda app: None) -> bool:
    """Serve until asked to end. ``when_up`` is called once everything listens. True when it is to begin again.

    Raises BadConfig when a port cannot be had, or the certificate cannot be used.
    """
    sys.setswitchinterval(SWITCH)
    hub.start()
    keeper = Keeper(config, clock.now()) if config.tls_port else None
    tls = (lambda: keeper.context) if keeper else None
    listeners = [
        (_listen(config.bind, port), tls_) for port, tls_ in ((config.port, None), (config.tls_port, tls)) if port
    ]
    app = house.create_app(config)
    app.extensions["certificate"] = keeper
    relay = _relay(config)
    app.extensions["relay"] = relay
    app.extensions["reach"] = _reach(app, config, relay)
    signalling.start(app)
    house.start_jobs(app)
    app.extensions["timekeeping"] = watch = timekeeping.Watch(clock.now(), time.monotonic())
    app.extensions["timeserver"] = compared = timeserver.Comparison()
    hub.spawn(_watch_the_clock, app, watch, compared)
    app.extensions["papertest"] = PaperTest()
    hub.spawn(app.extensions["papertest"].run)
    if keeper:
        hub.spawn(_keep, app, config, keeper)
    for listener, tls_ in listeners:
        hub.spawn(server.serve, app, listener, tls_, relay.adopt)
    ended = hub.Alarm()
    hub.on_signal(lambda: _end(Running(app, relay), ended))
    app.extensions["begin_again"] = lambda: hub.spawn(_begin_again, Running(app, relay), ended)
    gc.collect()
    gc.freeze()  # what is here stays; looking through all of it would hold up media for a tenth of a second each time
    gc.enable()
    log.info("serving", extra={"http": config.port, "https": config.tls_port, "media": relay.port})
    when_up(app)
    while not app.extensions.get("ended"):
        ended.wait(3600)
    log.info("ended")
    return bool(app.extensions.get("again"))


def _begin_again(running: Running, ended: hub.Alarm) -> None:
    """End as when asked to, once the last answer is on its way, and begin again."""
    hub.sleep(GOODBYE)
    running.app.extensions["again"] = True
    _end(running, ended)


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


def _keep(app: Flask, config: Config, keeper: Keeper) -> None:
    """The certificate, for ever: what lies there is served, what is due is ordered."""
    while True:
        try:
            now = clock.now()
            keeper.look(now)
            with app.app_context():
                certificate.order_if_due(config, keeper, now)
        except Exception:
            log.exception("the certificate was not looked after")
        keeper.alarm.wait(certificate.EVERY)


def _watch_the_clock(app: Flask, watch: timekeeping.Watch, compared: timeserver.Comparison) -> None:
    while True:
        try:
            if leap := watch.look(clock.now(), time.monotonic()):
                compared.leapt(leap)
            with app.app_context():
                server = settings.get("time_server")
            compared.look(server, time.monotonic())
        except Exception:
            log.exception("the clock was not looked at")
        hub.sleep(timekeeping.EVERY)


def _reach(app: Flask, config: Config, relay: Engine) -> reach.Watch:
    def wish() -> reach.Wish:
        with app.app_context():
            return reach.Wish(
                settings.get("public_address"),
                settings.get("stun_server"),
                settings.public_url(config),
                config.media_addresses,
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
