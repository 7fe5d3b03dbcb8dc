"""Films that stand for cameras: each a plain colour, told apart at a glance and on a canvas."""

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
