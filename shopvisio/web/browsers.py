"""Which browser a page is read with, as it names itself: whose settings hold the camera, and how they are called.

A browser may hide what it is; then it is ``other``, and the help speaks of any browser. Nothing is refused for it.
"""

import re
from dataclasses import dataclass

from flask import request

from shopvisio.i18n import _

NAMES = {
    "safari": "Safari",
    "chrome": "Chrome",
    "edge": "Edge",
    "firefox": "Firefox",
    "samsung": "Samsung Internet",
    "opera": "Opera",
}
SYSTEMS = {"ios": "iPhone", "android": "Android", "macos": "Mac", "windows": "Windows", "linux": "Linux"}

# pages shown inside another app: its own window, where the camera is often shut and nothing is remembered
APPS = (
    (r"Messenger|Orca-Android", "Messenger"),
    (r"Instagram", "Instagram"),
    (r"FBAN|FBAV|FB_IAB|FBIOS", "Facebook"),
    (r"WhatsApp", "WhatsApp"),
    (r"musical_ly|BytedanceWebview|TikTok", "TikTok"),
    (r"LinkedInApp", "LinkedIn"),
    (r"Snapchat", "Snapchat"),
    (r"Pinterest/", "Pinterest"),
    (r"Twitter for|TwitterAndroid", "X"),
    (r"MicroMessenger", "WeChat"),
    (r"\bLine/", "Line"),
    (r"GSA/", "Google"),
    (r"Gmail", "Gmail"),
    (r"; wv\)", ""),  # an Android app that does not say its name
)
PLACES = (
    (r"iPhone|iPad|iPod", "ios"),
    (r"Android", "android"),
    (r"Macintosh", "macos"),
    (r"Windows", "windows"),
    (r"Linux|CrOS|X11", "linux"),
)
BRANDS = (
    (r"Edg(e|A|iOS)?/", "edge"),
    (r"OPR/|OPT/", "opera"),
    (r"SamsungBrowser/", "samsung"),
    (r"Firefox/|FxiOS/", "firefox"),
    (r"Chrome/|CriOS/|Chromium/", "chrome"),
    (r"Version/.*Safari/", "safari"),
)


@dataclass(frozen=True)
class Browser:
    """``name`` is a word of NAMES, ``system`` of SYSTEMS, or each ``other``; ``is_inside`` another ``app``, which is
    empty when it does not say which."""

    name: str
    system: str
    is_inside: bool = False
    app: str = ""

    @property
    def words(self) -> str:
        """For eyes: ``Safari, iPhone``."""
        name = (self.app or _("une application")) if self.is_inside else NAMES.get(self.name, "")
        return ", ".join(word for word in (name, SYSTEMS.get(self.system, "")) if word)


def named(agent: str) -> Browser:
    """What a ``User-Agent`` says."""
    system = _first(PLACES, agent, "other")
    app = next((app for pattern, app in APPS if re.search(pattern, agent)), None)
    if app is None and system == "ios" and "Safari/" not in agent and agent:
        app = ""  # every browser there says Safari; an app's own window does not
    return Browser(_first(BRANDS, agent, "other"), system, app is not None, app or "")


def _first(table: tuple[tuple[str, str], ...], agent: str, otherwise: str) -> str:
    return next((word for pattern, word in table if re.search(pattern, agent)), otherwise)


def theirs() -> Browser:
    """The browser that asks for this page."""
    return named(request.headers.get("User-Agent", "")[:500])
