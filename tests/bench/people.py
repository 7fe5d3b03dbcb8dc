"""The people of a measurement, in a process of their own: they send media encoded beforehand and note what comes.

    python -m tests.bench.people < PLAN      PLAN and the answer are JSON, see measure.py
"""

import asyncio
import http.client
import json
import os
import re
import statistics
import struct
import subprocess
import sys
import threading
import time
import traceback
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from queue import SimpleQueue
from typing import Any

import av
import simple_websocket
from aiortc import RTCBundlePolicy, RTCConfiguration, RTCPeerConnection, RTCSessionDescription
from aiortc.codecs.opus import OpusEncoder
from aiortc.codecs.vpx import Vp8Encoder

from tests.conftest import PASSWORD

PICTURES = {"480p": (640, 480, 1_000_000), "720p": (1280, 720, 2_000_000)}    # width, height, bits a second
FRAMES, SOUNDS = 30, 50                      # a second
LOOP = 3                                     # seconds of media, again and again
CLOCK = {"video": 90_000, "audio": 48_000}
Media = dict[str, list[list[bytes]]]         # kind -> frames -> payloads
Dial = Callable[[int, int, str], Awaitable[str]]        # call, seat 0 or 1, offer -> answer


def encoded(picture: str) -> Media:
    """Moving noise as VP8, a tone as Opus, in RTP payloads."""
    width, height, rate = PICTURES[picture]
    codec: Any = av.CodecContext.create("libvpx", "w")
    codec.width, codec.height, codec.pix_fmt, codec.bit_rate = width, height, "yuv420p", rate
    codec.time_base, codec.gop_size = Fraction(1, FRAMES), 3000
    codec.options = {"deadline": "realtime", "cpu-used": "-8", "lag-in-frames": "0", "minrate": str(rate),
                     "maxrate": str(rate), "bufsize": str(rate)}
    grain, video = os.urandom(width * height * 2), []
    for number in range(LOOP * FRAMES):
        frame = av.VideoFrame(width, height, "yuv420p")
        for plane in frame.planes:
            at = number * 331
            plane.update(bytes(64 + (level >> 2) for level in grain[at:at + 4096]) * (plane.buffer_size // 4096)
                         + bytes(plane.buffer_size % 4096))
        frame.pts = number
        data = b"".join(bytes(packet) for packet in codec.encode(frame))
        video.append(Vp8Encoder._packetize(data, number))
    opus, audio = OpusEncoder(), []
    for number in range(LOOP * SOUNDS):
        tone = av.AudioFrame(format="s16", layout="stereo", samples=960)
        tone.planes[0].update(bytes((at // 4 * 7 + number) % 251 for at in range(960 * 4)))
        tone.sample_rate, tone.pts, tone.time_base = 48_000, number * 960, Fraction(1, 48_000)
        audio.append(opus.encode(tone)[0] or [bytes(80)])
    return {"video": video, "audio": audio}


@dataclass
class Person:
    """Somebody in a call."""

    pc: RTCPeerConnection = field(default_factory=lambda: RTCPeerConnection(
        RTCConfiguration(iceServers=[], bundlePolicy=RTCBundlePolicy.MAX_BUNDLE)))
    begun: dict[int, float] = field(default_factory=dict)      # when each picture was sent, by its timestamp
    ages: list[float] = field(default_factory=list)            # of the pictures that came, whole
    sent: int = 0
    received: int = 0

    def __post_init__(self) -> None:
        self.transceivers = {kind: self.pc.addTransceiver(kind) for kind in ("audio", "video")}

    async def offer(self) -> str:
        """A fresh one."""
        await self.pc.setLocalDescription(await self.pc.createOffer())
        return str(self.pc.localDescription.sdp)

    async def take(self, answer: str) -> None:
        """Use it."""
        await self.pc.setRemoteDescription(RTCSessionDescription(answer, "answer"))

    async def connected(self) -> None:
        """Return once it stands."""
        async with asyncio.timeout(15):
            while self.pc.connectionState != "connected":      # noqa: ASYNC110 - aiortc has events, not this one
                await asyncio.sleep(0.005)

    def watch(self, other: "Person") -> None:
        """Take packets as they come, past aiortc's own receivers."""
        self.dtls = self.transceivers["video"].sender.transport
        video = self.transceivers["video"]._codecs[0].payloadType

        async def take(data: bytes, arrival_time_ms: int) -> None:
            self.received += 1
            if data[1] == 0x80 | video:      # the last packet of a picture
                begun = other.begun.get(struct.unpack_from("!I", data, 4)[0])
                if begun is not None:
                    self.ages.append(time.monotonic() - begun)

        self.dtls._handle_rtp_data = take

    async def send(self, media: Media, seconds: float) -> None:
        """Video and sound for so long."""
        await asyncio.gather(self._stream("video", media["video"], FRAMES, seconds),
                             self._stream("audio", media["audio"], SOUNDS, seconds))

    async def _stream(self, kind: str, frames: list[list[bytes]], rate: int, seconds: float) -> None:
        transceiver = self.transceivers[kind]
        ssrc, payload_type = transceiver.sender._ssrc, transceiver._codecs[0].payloadType
        began, seq = time.monotonic(), 0
        for number in range(round(seconds * rate)):
            await asyncio.sleep(max(0.0, began + number / rate - time.monotonic()))
            payloads, stamp = frames[number % len(frames)], number * CLOCK[kind] // rate
            if kind == "video":
                self.begun[stamp] = time.monotonic()
            for place, payload in enumerate(payloads):
                last = 0x80 if place == len(payloads) - 1 and kind == "video" else 0
                head = struct.pack("!BBHII", 0x80, last | payload_type, seq & 0xFFFF, stamp, ssrc)
                await self.dtls._send_rtp(head + payload)
                seq += 1
                self.sent += 1


class Line:
    """One page's Socket.IO line to the appliance."""

    def __init__(self, url: str, auth: dict[str, str], cookie: str) -> None:
        where = url.replace("http", "ws") + "/socket.io/?EIO=4&transport=websocket"
        for _try in range(10):      # the library overlooks a greeting that comes together with the handshake
            self._socket = simple_websocket.Client(where, headers={"Cookie": cookie})
            if (self._socket.receive(0.5) or "").startswith("0"):
                break
            self._socket.close()
        self._socket.send("40" + json.dumps(auth))
        said = self._socket.receive(5) or "nothing"
        assert said.startswith("40"), said
        self._answers: SimpleQueue[Any] = SimpleQueue()
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        while True:
            said = self._socket.receive()
            if said == "2":
                self._socket.send("3")
            elif said.startswith("430"):
                self._answers.put(json.loads(said[3:])[0])

    def ask(self, event: str, **payload: Any) -> Any:
        """The acknowledgement; raises when it is a refusal."""
        self._socket.send("420" + json.dumps([event, payload]))
        found = self._answers.get(timeout=15)
        if "error" in found:
            raise RuntimeError(f"{event}: {found}")
        return found


def sign_in(host: str) -> str:
    """The repairer's cookie."""
    line, cookie = http.client.HTTPConnection(host, timeout=10), ""
    line.request("GET", "/signin")
    page = line.getresponse()
    token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', page.read().decode())
    assert token
    cookie = (page.getheader("Set-Cookie") or "").partition(";")[0]
    line.request("POST", "/signin", f"email=repairer%40shop.example&password={PASSWORD}&csrf_token={token[1]}",
                 {"Content-Type": "application/x-www-form-urlencoded", "Cookie": cookie})
    page = line.getresponse()
    page.read()
    assert page.status in (302, 303), page.status
    return (page.getheader("Set-Cookie") or "").partition(";")[0]


def through_appliance(host: str, visits: Sequence[dict[str, str]]) -> Dial:
    """Dial as the pages do: the customer by their link, the repairer signed in."""
    cookie = sign_in(host)

    def dial(call: int, seat: int, offer: str) -> str:
        visit = visits[call]
        auth = {"appointment": visit["key"]}
        if seat:
            auth["case"] = visit["case_path"].rpartition("/")[2]
        line = Line(f"http://{host}", auth, "" if seat else cookie)
        lines.append(line)
        line.ask("enter", mic=True, camera="on", sound=True)
        return str(line.ask("offer", sdp=offer)["answer"])

    lines: list[Line] = []
    return lambda call, seat, offer: asyncio.to_thread(dial, call, seat, offer)


def through_stock(pipe: "subprocess.Popen[str]") -> Dial:
    """Dial the stock relay, over its standard input."""

    async def dial(call: int, seat: int, offer: str) -> str:
        assert pipe.stdin
        assert pipe.stdout
        print(json.dumps([call, seat, offer]), file=pipe.stdin, flush=True)
        return str(json.loads(await asyncio.to_thread(pipe.stdout.readline)))

    return dial


async def meet(call: int, dial: Dial | None, joins: list[float]) -> list[Person]:
    """Two people who are connected: through a server, or to each other."""
    pair = [Person(), Person()]
    if dial is None:
        await pair[1].pc.setRemoteDescription(RTCSessionDescription(await pair[0].offer(), "offer"))
        for transceiver in pair[1].pc.getTransceivers():
            transceiver.direction = "sendrecv"
        await pair[1].pc.setLocalDescription(await pair[1].pc.createAnswer())
        await pair[0].take(pair[1].pc.localDescription.sdp)
        await asyncio.gather(*(person.connected() for person in pair))
    else:
        for seat, person in enumerate(pair):
            offer, began = await person.offer(), time.monotonic()
            await person.take(await dial(call, seat, offer))
            await person.connected()
            joins.append(time.monotonic() - began)
    for person, other in (pair, pair[::-1]):
        person.watch(other)
    return pair


def used(pid: int) -> float:
    """CPU seconds of a process so far."""
    with open(f"/proc/{pid}/stat") as file:
        fields = file.read().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def share(ages: list[float], of: float) -> float:
    """The age, in ms, that so many do not pass."""
    return 1000 * sorted(ages)[min(len(ages) - 1, int(len(ages) * of))]


async def measure(plan: dict[str, Any], dial: Dial | None, pid: int) -> dict[str, Any]:
    """All calls at once for so many seconds."""
    media, joins = encoded(plan["video"]), list[float]()
    pairs = [await meet(call, dial, joins) for call in range(plan["calls"])]
    everybody = [person for pair in pairs for person in pair]
    await asyncio.sleep(0.5)
    before, began = used(pid) if pid else 0.0, time.monotonic()
    await asyncio.gather(*(person.send(media, plan["seconds"]) for person in everybody))
    lasted = time.monotonic() - began
    after = used(pid) if pid else 0.0
    await asyncio.sleep(0.5)
    await asyncio.gather(*(person.pc.close() for person in everybody))
    ages = [age for person in everybody for age in person.ages]
    return {
        "cpu": (after - before) / lasted / plan["calls"],
        "p50": share(ages, 0.5) if ages else None,
        "p99": share(ages, 0.99) if ages else None,
        "sent": sum(person.sent for person in everybody),
        "received": sum(person.received for person in everybody),
        "join": 1000 * statistics.median(joins) if joins else None,
    }


def main() -> None:
    """Read the plan, measure, print."""
    plan, stock = json.loads(sys.stdin.read()), None
    dial, pid = None, plan.get("pid", 0)
    if plan["through"] == "appliance":
        dial = through_appliance(plan["host"], plan["visits"])
    elif plan["through"] == "stock":
        stock = subprocess.Popen([sys.executable, "-m", "tests.bench.stock"], text=True,
                                 stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        dial, pid = through_stock(stock), stock.pid
    failed = 1
    try:
        print(json.dumps(asyncio.run(measure(plan, dial, pid))), flush=True)
        failed = 0
    except Exception:
        traceback.print_exc()
    finally:
        if stock:
            stock.kill()
            stock.wait()
        os._exit(failed)      # the lines' threads read for ever


if __name__ == "__main__":
    main()
