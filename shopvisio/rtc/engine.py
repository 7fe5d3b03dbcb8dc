"""The door: a thread with its loop, the rooms, who is in them, and what happens to their connections."""

import asyncio
import contextlib
import logging
import queue
import socket
import threading
import time
from collections import deque
from collections.abc import Callable, Coroutine, Sequence
from concurrent.futures import Future
from dataclasses import asdict, dataclass
from typing import Any, TypeVar

from shopvisio.errors import RelayFailed
from shopvisio.i18n import _
from shopvisio.rtc import sdp
from shopvisio.rtc.adapter import Packet
from shopvisio.rtc.bursts import BURST, Outbox
from shopvisio.rtc.leg import Leg
from shopvisio.rtc.line import Lines
from shopvisio.rtc.port import Port, local_addresses, open_sockets
from shopvisio.rtc.selector import Selector
from shopvisio.rtc.tap import Copies

log = logging.getLogger(__name__)
T = TypeVar("T")

LEGS = 64                 # connections at once
PLACES = 3                # in a room
TICK = 0.25               # seconds between two looks at who is still there
LOOKED_BACK = 1200        # ticks: five minutes
FOLLOW = 2.0              # seconds between two looks at the addresses of this machine
PROBE_AFTER = 0.75        # seconds of silence before asking for a sign of life
LOST_AFTER = 2.0          # seconds of silence before the other person is told
END_AFTER = 30.0          # seconds of silence, or of waiting for a browser that never comes
STOP_WITHIN = 3.0         # seconds


@dataclass(frozen=True)
class Event:
    """What happened to one person's connection.

    connected   the connection stands (after every join: also after coming back with a new one)
    lost        nothing has come for two seconds; shown to the other person as "reconnecting"
    back        something comes again, by the same connection
    left        the connection is over: leave(), closed by the browser, or silent for too long
    """

    kind: str
    room: str
    seat: str


class Engine:
    """Passes on the media of all rooms, on one UDP port, in a thread of its own.

    port: the UDP port; 0 takes any free one, ``port`` then says which.
    addresses: the local addresses to listen on, one socket each; None: all of this machine, and those that
    it gets later.
    advertised: further addresses at which browsers may reach the same port: the public one. advertise() changes them.
    tcp_port: where browsers reach this machine by TCP, with connections that come in by adopt(); 0: nowhere.
    wake: called in the relay's thread after each event and each finished future; must not block.

    ``events`` fills whether or not anybody reads it. Everything but start() may be called from any thread.
    """

    def __init__(
        self, port: int, addresses: Sequence[str] | None = None, advertised: Sequence[str] = (),
        wake: Callable[[], None] = lambda: None, tcp_port: int = 0,
    ) -> None:
        self.port = port
        self._tcp_port = tcp_port
        self.events: queue.SimpleQueue[Event] = queue.SimpleQueue()
        self._addresses, self._advertised, self._wake = addresses, advertised, wake
        self._legs: dict[tuple[str, str], Leg] = {}         # by room and seat
        self._by_name: dict[str, Leg] = {}                  # by the ICE name we gave
        self._packets = [Packet() for _one in range(BURST)]
        self._outbox = Outbox(BURST)
        self._ports: list[Port] = []
        self._lines = Lines(self._outbox, self._by_name)
        self._tasks: set[asyncio.Task[None]] = set()
        self._recorded: dict[str, Copies] = {}       # by room
        self._lag = 0.0
        self._lags: deque[float] = deque(maxlen=LOOKED_BACK)
        self._selector = Selector()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Listen. Raises RelayFailed when the port is taken, or no local address is there."""
        self._listen(local_addresses() if self._addresses is None else self._addresses)
        self.port = self._ports[0].port
        self._loop = asyncio.SelectorEventLoop(self._selector)
        self._thread = threading.Thread(target=self._run, args=(self._loop,), name="relay", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """End all connections, and the thread, within three seconds. Safe to call twice."""
        loop, self._loop = self._loop, None
        if loop and self._thread:
            with contextlib.suppress(RuntimeError):
                loop.call_soon_threadsafe(loop.stop)
            self._thread.join(STOP_WITHIN)
            if self._thread.is_alive():
                log.error("the relay's thread did not end in time")

    def join(self, room: str, seat: str, offer: str, place: int | None = None) -> Future[str]:
        """Take the seat with an SDP offer; the future gives the complete SDP answer.

        ``place``: 0, 1 or 2, the same for this seat each time; None for the first that is free. A browser
        receives the other two places in their order: the lower in the first audio and video sections of its
        offer, the higher in the second, for which it need not negotiate when that person comes.

        The same seat again replaces its connection; the others keep theirs. The future raises Invalid for an
        offer that cannot be used, RelayFailed when the place is taken, the room or the relay full or stopped.
        """
        return self._submit(self._join(room, seat, offer, place))

    def leave(self, room: str, seat: str) -> Future[None]:
        """End the seat's connection, if it has one."""
        return self._submit(self._leave(room, seat))

    def record(self, room: str, sock: socket.socket | None) -> Future[tuple[int, int]]:
        """From now on all that the people of a room send, whoever comes later included, is copied to ``sock`` as it was
        decrypted, a message each (``tap``); what finds no room there is dropped. What comes back by it are the places
        of which a whole picture is wanted. None: no more; once the future is done the socket is the caller's again.

        The future tells of what was copied until now: how many packets there were, and how many of them were dropped.
        """
        return self._submit(self._record(room, sock))

    def advertise(self, addresses: Sequence[str]) -> None:
        """From now on answers name these further addresses; whoever is connected stays so."""
        self._advertised = tuple(addresses)

    def adopt(self, sock: socket.socket) -> None:
        """Take over an accepted TCP connection from which framed STUN comes; it is the relay's to close."""
        loop = self._loop
        try:
            if loop is None:
                raise RuntimeError("not running")
            loop.call_soon_threadsafe(self._adopt, sock)
        except RuntimeError:
            sock.close()

    def stats(self) -> Future[dict[str, Any]]:
        """{"lag": seconds the loop was late at worst since the last call, "p99": what it was late at most in 99 of 100
        looks of the last five minutes, "lines": TCP connections, "addresses": where browsers are told to find us,
        "rooms": {room: {seat: {...}}}}.

        Of a seat: state, remote ("address:port" or ""), by ("udp", "tcp" or ""), packets_in, bytes_in,
        packets_out, bytes_out, refused, lost (packets of the person's own streams that never reached the
        relay), silent (seconds).
        """
        return self._submit(self._stats())

    def _listen(self, addresses: Sequence[str]) -> list[Port]:
        made = [Port(sock, self._packets, self._outbox, self._by_name) for sock in open_sockets(self.port, addresses)]
        for port in made:
            self._selector.serve(port.socket, port.readable)
        self._ports += made
        return made

    def _submit(self, work: Coroutine[Any, Any, T]) -> Future[T]:
        future: Future[T] = Future()
        try:
            if self._loop is None:
                raise RuntimeError("not running")
            future = asyncio.run_coroutine_threadsafe(work, self._loop)
        except RuntimeError:
            work.close()
            future.set_exception(RelayFailed(_("La vidéo n’est pas disponible pour le moment.")))
        future.add_done_callback(lambda _done: self._wake())
        return future

    # -- inside the thread

    def _run(self, loop: asyncio.AbstractEventLoop) -> None:
        asyncio.set_event_loop(loop)
        watch = loop.create_task(self._watch())
        try:
            loop.run_forever()
        finally:
            watch.cancel()
            loop.run_until_complete(self._end_all())
            for port in self._ports:
                self._selector.forget(port.socket)
                port.socket.close()
            loop.run_until_complete(loop.shutdown_asyncgens())
            loop.close()

    async def _end_all(self) -> None:
        legs = list(self._legs)
        for room, seat in legs:
            self._drop(room, seat)
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=STOP_WITHIN - 1)
        self._lines.close()
        others = asyncio.all_tasks() - {asyncio.current_task()}
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)

    async def _join(self, room: str, seat: str, text: str, place: int | None) -> str:
        offer = sdp.parse(text)
        others = {key: leg for key, leg in self._legs.items() if key != (room, seat)}
        free = {*range(PLACES)} - {leg.place for key, leg in others.items() if key[0] == room}
        if len(others) >= LEGS or (place not in free if place is not None else not free):
            log.warning("no place for another connection (%s)", len(others))
            raise RelayFailed(_("L’appel est complet pour le moment."))
        self._follow()
        leg = Leg(offer, list(self._ports), min(free) if place is None else place)
        older = self._legs.get((room, seat))
        if older is not None:
            leg.missed = older.missed if older.state == "new" else older.seen
        self._drop(room, seat, leg)
        leg.record(self._recorded.get(room))
        self._legs[room, seat] = self._by_name[leg.ufrag] = leg
        self._spawn(self._connect(room, seat, leg))
        return leg.answer(self._advertised, self._tcp_port)

    def _adopt(self, sock: socket.socket) -> None:
        self._spawn(self._lines.adopt(sock))

    async def _connect(self, room: str, seat: str, leg: Leg) -> None:
        if await leg.connect() and self._legs.get((room, seat)) is leg:
            for key, other in self._legs.items():
                if key[0] == room and other is not leg and other.state in ("connected", "lost"):
                    leg.meet(other)
            self._tell("connected", room, seat)

    async def _record(self, room: str, sock: socket.socket | None) -> tuple[int, int]:
        loop, before = asyncio.get_running_loop(), self._recorded.pop(room, None)
        copies = Copies(sock) if sock else None
        if before is not None:
            loop.remove_reader(before.sock)
        if copies is not None:
            self._recorded[room] = copies
            loop.add_reader(copies.sock, self._asked, room, copies.sock)
        for leg in self._in(room):
            leg.record(copies)
        return (before.packets, before.missed) if before else (0, 0)

    def _asked(self, room: str, sock: socket.socket) -> None:
        """The recorder lacks a picture of those in these places; or it is gone: who holds it will say."""
        places = b""
        with contextlib.suppress(OSError):
            places = sock.recv(PLACES, socket.MSG_DONTWAIT)
        if not places:
            asyncio.get_running_loop().remove_reader(sock)
        for leg in self._in(room):
            if leg.place in places:
                leg.request_picture()

    def _in(self, room: str) -> list[Leg]:
        return [leg for (where, _seat), leg in self._legs.items() if where == room]

    async def _leave(self, room: str, seat: str) -> None:
        self._drop(room, seat)

    def _drop(self, room: str, seat: str, heir: Leg | None = None) -> None:
        """Forget the seat's leg and close it in the background; silently when an heir takes its place."""
        leg = self._legs.pop((room, seat), None)
        if leg is None:
            return
        del self._by_name[leg.ufrag]
        self._spawn(leg.close(quietly=heir is not None))
        if heir is None:
            self._tell("left", room, seat)

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._done)

    def _done(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and task.exception():
            log.error("a connection failed", exc_info=task.exception())

    def _tell(self, kind: str, room: str, seat: str) -> None:
        self.events.put(Event(kind, room, seat))
        self._wake()

    async def _watch(self) -> None:
        loop = asyncio.get_running_loop()
        followed = time.monotonic()
        while True:
            due = loop.time() + TICK
            await asyncio.sleep(TICK)
            late = loop.time() - due
            self._lag = max(self._lag, late)
            self._lags.append(late)
            now = time.monotonic()
            self._lines.sweep(now)
            for (room, seat), leg in list(self._legs.items()):
                self._look(room, seat, leg, now)
            if now - followed >= FOLLOW:
                self._follow()
                followed = now

    def _follow(self) -> None:
        """Listen where this machine is now: a lease may give it another address at any time.

        Who came in by an address that is no more finds another way by themselves, or dials anew; nobody else notices.
        """
        if self._addresses is not None:
            return
        present = local_addresses()
        for port in [port for port in self._ports if port.address not in present]:
            log.info("media address %s is gone", port.address)
            self._ports.remove(port)
            self._selector.forget(port.socket)
            port.gone()
        known = {port.address for port in self._ports}
        new = [address for address in present if address not in known]
        with contextlib.suppress(RelayFailed):     # said in the log; the others still serve
            for port in self._listen(new) if new else ():
                log.info("media address %s is new", port.address)

    def _look(self, room: str, seat: str, leg: Leg, now: float) -> None:
        silent = now - (leg.born if leg.state == "new" else leg.seen)
        if leg.state == "ended" or silent > END_AFTER:
            self._drop(room, seat)
        elif leg.state == "connected" and silent > LOST_AFTER:
            leg.state = "lost"
            self._tell("lost", room, seat)
        elif leg.state == "new" and leg.missed is not None and now - leg.missed > LOST_AFTER:
            leg.missed = None      # told once; a browser dials again and again where no path leads here
            self._tell("lost", room, seat)
        elif leg.state == "lost" and silent < LOST_AFTER:
            leg.state = "connected"
            leg.resume()
            self._tell("back", room, seat)
        if leg.state in ("connected", "lost"):
            leg.hum()
            if silent > PROBE_AFTER:
                leg.probe()

    async def _stats(self) -> dict[str, Any]:
        now = time.monotonic()
        rooms: dict[str, dict[str, Any]] = {}
        for (room, seat), leg in self._legs.items():
            rooms.setdefault(room, {})[seat] = {
                "state": leg.state,
                "remote": "{}:{}".format(*leg.path[1]) if leg.path else "",
                "by": leg.path[0].kind if leg.path else "",
                **asdict(leg.counts),
                "lost": leg.lost,
                "silent": round(now - leg.seen, 3),
            }
        lag, self._lag = self._lag, 0.0
        lags = sorted(self._lags)
        p99 = lags[len(lags) * 99 // 100] if lags else 0.0
        return {"lag": round(lag, 4), "p99": round(p99, 4), "lines": len(self._lines), "rooms": rooms,
                "addresses": [*dict.fromkeys([*(port.address for port in self._ports), *self._advertised])]}
