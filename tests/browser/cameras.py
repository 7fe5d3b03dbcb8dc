"""Films that stand for cameras: each a plain colour, told apart at a glance and on a canvas."""

import os
from pathlib import Path

COLOURS = {"red": (76, 84, 255), "blue": (60, 240, 110), "green": (149, 43, 21)}  # Y, U, V
WIDTH, HEIGHT, PICTURES = 640, 480, 4


def film(folder: Path, colour: str) -> Path:
    """A short film of one colour, as Chromium's fake camera wants it."""
    path = folder / f"{colour}.y4m"
    y, u, v = COLOURS[colour]
    chroma = WIDTH * HEIGHT // 4
    picture = b"FRAME\n" + bytes([y]) * (WIDTH * HEIGHT) + bytes([u]) * chroma + bytes([v]) * chroma
    path.write_bytes(f"YUV4MPEG2 W{WIDTH} H{HEIGHT} F15:1 Ip A1:1 C420jpeg\n".encode() + picture * PICTURES)
    return path


def rough(folder: Path, colour: str) -> Path:
    """The same as from a real camera that is moved about: there is something for the encoder to do."""
    path = folder / f"{colour}-rough.y4m"
    _y, u, v = COLOURS[colour]
    dim = bytes(COLOURS[colour][0] + (level >> 2) - 32 for level in range(256))
    chroma = 1280 * 720 // 4
    with path.open("wb") as file:
        file.write(b"YUV4MPEG2 W1280 H720 F30:1 Ip A1:1 C420jpeg\n")
        for _picture in range(8):
            noise = os.urandom(1280 * 72) * 10
            file.write(b"FRAME\n" + noise.translate(dim) + bytes([u]) * chroma + bytes([v]) * chroma)
    return path
