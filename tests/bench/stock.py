"""What everybody begins with, to compare: aiortc's MediaRelay, which decodes and encodes again.

    python -m tests.bench.stock      a line [call, seat, offer] in, a line with the answer out
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


async def main() -> None:
    while line := await asyncio.to_thread(sys.stdin.readline):
        call, _seat, offer = json.loads(line)
        print(json.dumps(await answer(call, offer)), flush=True)


if __name__ == "__main__":
    asyncio.run(main())
