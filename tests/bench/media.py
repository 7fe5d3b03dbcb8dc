"""What the people of a measurement send, encoded beforehand so that encoding is nobody's cost."""

import os
from fractions import Fraction
from typing import Any

import av
from aiortc.codecs.opus import OpusEncoder
from aiortc.codecs.vpx import Vp8Encoder

PICTURES = {"480p": (640, 480, 1_000_000), "720p": (1280, 720, 2_000_000)}    # width, height, bits a second
RATE = {"video": 30, "audio": 50}            # frames a second
CLOCK = {"video": 90_000, "audio": 48_000}
LOOP = 3                                     # seconds of media, again and again
Media = dict[str, list[list[bytes]]]         # kind -> frames -> RTP payloads


def encoded(picture: str) -> Media:
    """Moving noise as VP8, a tone as Opus."""
    return {"video": _video(*PICTURES[picture]), "audio": _audio()}


def _video(width: int, height: int, rate: int) -> list[list[bytes]]:
    codec: Any = av.CodecContext.create("libvpx", "w")
    codec.width, codec.height, codec.pix_fmt, codec.bit_rate = width, height, "yuv420p", rate
    codec.time_base, codec.gop_size = Fraction(1, RATE["video"]), 3000
    codec.options = {"deadline": "realtime", "cpu-used": "-8", "lag-in-frames": "0", "minrate": str(rate),
                     "maxrate": str(rate), "bufsize": str(rate)}
    grain, video = os.urandom(width * height * 2), []
    for number in range(LOOP * RATE["video"]):
        frame = av.VideoFrame(width, height, "yuv420p")
        for plane in frame.planes:
            at = number * 331
            plane.update(bytes(64 + (level >> 2) for level in grain[at:at + 4096]) * (plane.buffer_size // 4096)
                         + bytes(plane.buffer_size % 4096))
        frame.pts = number
        data = b"".join(bytes(packet) for packet in codec.encode(frame))
        video.append(Vp8Encoder._packetize(data, number))
    return video


def _audio() -> list[list[bytes]]:
    opus, audio = OpusEncoder(), []
    for number in range(LOOP * RATE["audio"]):
        tone = av.AudioFrame(format="s16", layout="stereo", samples=960)
        tone.planes[0].update(bytes((at // 4 * 7 + number) % 251 for at in range(960 * 4)))
        tone.sample_rate, tone.pts, tone.time_base = CLOCK["audio"], number * 960, Fraction(1, CLOCK["audio"])
        audio.append(opus.encode(tone)[0] or [bytes(80)])
    return audio
