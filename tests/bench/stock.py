"""What everybody begins with, to compare: aiortc's MediaRelay, which decodes and encodes again.

    python -m tests.bench.stock SOCKET      a line [call, offer] in, a line with the answer out; prints "up"
"""

import asyncio
import json
import sys
from typing import Any

from aiortc import RTCBundlePolicy, RTCConfiguration, RTCPeerConnection, RTCSessionDescription
from aiortc.contrib.media import MediaRelay

calls: dict[int, list[RTCPeerConnection]] = {}
relay = MediaRelay()


def by_kind(pc: RTCPeerConnection) -> dict[str, Any]:
    return {transceiver.kind: transceiver for transceiver in pc.getTransceivers()}


async def answer(call: int, offer: str) -> str:
    """Take the next person of a call; from the second on each receives the other's tracks."""
    pc = RTCPeerConnection(RTCConfiguration(iceServers=[], bundlePolicy=RTCBundlePolicy.MAX_BUNDLE))
    others = calls.setdefault(call, [])
    await pc.setRemoteDescription(RTCSessionDescription(offer, "offer"))
    for kind, transceiver in by_kind(pc).items():
        transceiver.direction = "sendrecv"
        for other in others:
            theirs = by_kind(other)[kind]
            transceiver.sender.replaceTrack(relay.subscribe(theirs.receiver.track))
            theirs.sender.replaceTrack(relay.subscribe(transceiver.receiver.track))
    others.append(pc)
    await pc.setLocalDescription(await pc.createAnswer())
    return str(pc.localDescription.sdp)


async def take(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    call, offer = json.loads(await reader.readline())
    writer.write(json.dumps(await answer(call, offer)).encode() + b"\n")


async def main(path: str) -> None:
    server = await asyncio.start_unix_server(take, path)
    print("up", flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1]))
