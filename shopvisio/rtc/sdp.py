"""The browser's offer, read with suspicion, and our answer. Pure: text in, values out.

Two audio and two video sections at most: the first of each kind to talk with one person, the second to receive
another, there from the start so that nobody has to negotiate when a third person comes. VP8 and Opus only: every
browser has them, so nobody can fail to understand the other. The browser's own candidates are never used: it
reaches us, and its checks show from where.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from shopvisio.errors import Invalid
from shopvisio.i18n import _
from shopvisio.rtc.packets import SEND_TIME, TRANSPORT_NUMBER

LONGEST = 65_536          # characters of an offer
EXTENSIONS = {            # what is passed on between two browsers that both have it
    TRANSPORT_NUMBER: ("audio", "video"),
    "urn:ietf:params:rtp-hdrext:ssrc-audio-level": ("audio",),
    SEND_TIME: ("video",),
}
FEEDBACK = ("nack", "nack pli", "ccm fir", "goog-remb", "transport-cc")
SLOTS = 2                 # people that one browser can receive
CODECS = {"audio": ("opus/48000/2", 48_000), "video": ("vp8/90000", 90_000)}
OPUS = "minptime=10;useinbandfec=1"
UDP_FIRST, TCP_LAST = 126 << 24, 90 << 24      # priorities of candidates: TCP only where nothing else gets through
MIRROR = {"sendrecv": "sendrecv", "sendonly": "recvonly", "recvonly": "sendonly", "inactive": "inactive"}
RECEIVE_ONLY = {"sendrecv": "recvonly", "sendonly": "inactive", "recvonly": "recvonly", "inactive": "inactive"}

_UFRAG, _PASSWORD = re.compile(r"[A-Za-z0-9+/=_-]{4,256}"), re.compile(r"[A-Za-z0-9+/=_-]{22,256}")
_MID, _FINGERPRINT = re.compile(r"[A-Za-z0-9._-]{1,32}"), re.compile(r"(?:[0-9A-Fa-f]{2}:){19,63}[0-9A-Fa-f]{2}")
_MEDIA = re.compile(r"(audio|video) \d{1,5} UDP/TLS/RTP/SAVPF( \d{1,3}){1,100}")


@dataclass(frozen=True)
class Section:
    """What one m-line offers, of the little we use."""

    kind: str                         # "audio", "video"
    slot: int                         # 0 for the first of its kind, 1 for the second
    mid: str
    direction: str                    # as the browser sees it; the second of a kind never sends
    payload_type: int
    retransmission: int               # payload type of RTX, 0 without
    ssrcs: tuple[int, ...]            # of the media, then of its RTX; empty when not told
    extensions: Mapping[str, int]     # URI -> id, of EXTENSIONS
    feedback: tuple[str, ...]         # of FEEDBACK
    reduced: bool                     # rtcp-rsize

    @property
    def sends(self) -> bool:
        """Whether the browser may send."""
        return self.direction in ("sendrecv", "sendonly")

    @property
    def receives(self) -> bool:
        """Whether the browser wants to receive."""
        return self.direction in ("sendrecv", "recvonly")


@dataclass(frozen=True)
class Offer:
    """One browser's wish to be connected; never more than SLOTS sections of a kind."""

    ufrag: str
    password: str
    fingerprints: tuple[tuple[str, str], ...]     # (algorithm, value)
    sections: tuple[Section, ...]


@dataclass(frozen=True)
class Ours:
    """Our half of the connection, as the answer tells it."""

    ufrag: str
    password: str
    fingerprints: Sequence[tuple[str, str]]
    addresses: Sequence[str]                      # where to reach us, the best first
    port: int
    ssrcs: Sequence[tuple[int, ...]]              # by section, what we send under: the media, then its RTX
    tcp_port: int                                 # where we are reached without UDP, 0 for nowhere


@dataclass
class _Lines:
    """Attributes by name, of the session or of one m-line."""

    media: str = ""
    values: dict[str, list[str]] = field(default_factory=dict)

    def all(self, name: str) -> list[str]:
        return self.values.get(name, [])

    def one(self, name: str, default: str = "") -> str:
        return next(iter(self.all(name)), default)


def parse(text: str) -> Offer:
    """The offer in ``text``. Raises Invalid, whatever was sent."""
    try:
        return _offer(text)
    except (ValueError, IndexError) as error:
        raise Invalid(
            _("Votre navigateur n’a pas pu se connecter à l’appel. Mettez-le à jour ou essayez-en un autre."),
            {"offer": str(error)},
        ) from None


def _offer(text: str) -> Offer:
    if not isinstance(text, str) or not text.startswith("v=0") or len(text) > LONGEST:
        raise ValueError("not an offer")
    session, media = _split(text)
    kinds = [lines.media.partition(" ")[0] for lines in media]
    if not media or max(map(kinds.count, kinds)) > SLOTS:
        raise ValueError("one or two sections of each kind")
    sections = tuple(_section(lines, kinds[:at].count(kinds[at])) for at, lines in enumerate(media))
    if len({section.mid for section in sections}) != len(sections):
        raise ValueError("the same mid twice")
    _bundled(session, sections)
    first = media[0]
    ufrag, password = (first.one(name) or session.one(name) for name in ("ice-ufrag", "ice-pwd"))
    if not _UFRAG.fullmatch(ufrag) or not _PASSWORD.fullmatch(password):
        raise ValueError("no ICE credentials")
    if (first.one("setup") or session.one("setup")) not in ("actpass", "passive"):
        raise ValueError("setup must be actpass")
    return Offer(ufrag, password, _fingerprints(first.all("fingerprint") or session.all("fingerprint")), sections)


def _split(text: str) -> tuple[_Lines, list[_Lines]]:
    session = _Lines()
    media: list[_Lines] = []
    for line in text.splitlines():
        if line.startswith("m="):
            if len(media) == 2 * SLOTS:
                raise ValueError("too many sections")
            media.append(_Lines(line[2:]))
        elif line.startswith("a="):
            name, _colon, value = line[2:].partition(":")
            (media[-1] if media else session).values.setdefault(name, []).append(value.strip())
    return session, media


def _bundled(session: _Lines, sections: Sequence[Section]) -> None:
    if len(sections) == 1:
        return
    for group in session.all("group"):
        kind, *mids = group.split()
        if kind == "BUNDLE" and {section.mid for section in sections} <= set(mids):
            return
    raise ValueError("the sections are not bundled")


def _fingerprints(values: Iterable[str]) -> tuple[tuple[str, str], ...]:
    found = []
    for value in values:
        algorithm, _space, digest = value.partition(" ")
        if algorithm.lower() in ("sha-256", "sha-384", "sha-512") and _FINGERPRINT.fullmatch(digest):
            found.append((algorithm.lower(), digest))
    if not 1 <= len(found) <= 4:
        raise ValueError("no usable fingerprint")
    return tuple(found)


def _section(lines: _Lines, slot: int) -> Section:
    if not _MEDIA.fullmatch(lines.media):
        raise ValueError("not an audio or video section")
    kind = lines.media.partition(" ")[0]
    mid = lines.one("mid")
    if not _MID.fullmatch(mid) or "rtcp-mux" not in lines.values:
        raise ValueError("mid and rtcp-mux are needed")
    payload_type, retransmission = _codec(lines, kind)
    offered = [
        value for number, _space, value in (line.partition(" ") for line in lines.all("rtcp-fb"))
        if number in ("*", str(payload_type))
    ]
    feedback = tuple(wanted for wanted in FEEDBACK if wanted in offered)
    extensions = _extensions(lines, kind)
    if TRANSPORT_NUMBER not in extensions or "transport-cc" not in feedback:
        extensions.pop(TRANSPORT_NUMBER, None)
        feedback = tuple(f for f in feedback if f != "transport-cc")
    direction = next((name for name in MIRROR if name in lines.values), "sendrecv")
    return Section(
        kind=kind, slot=slot, mid=mid, direction=RECEIVE_ONLY[direction] if slot else direction,
        payload_type=payload_type, retransmission=retransmission,
        ssrcs=_ssrcs(lines, bool(retransmission)), extensions=extensions, feedback=feedback,
        reduced="rtcp-rsize" in lines.values,
    )


def _codec(lines: _Lines, kind: str) -> tuple[int, int]:
    """The payload types of the one codec of this kind and of its retransmissions (0 without)."""
    listed = set(lines.media.split()[3:])
    codecs: dict[str, list[str]] = {}
    for line in lines.all("rtpmap"):
        number, _space, codec = line.partition(" ")
        if number in listed:
            codecs.setdefault(codec.lower(), []).append(number)
    main = next(iter(codecs.get(CODECS[kind][0], [])), None)
    if main is None:
        raise ValueError(f"{kind} without {CODECS[kind][0]}")
    repeats = {line.partition(" ")[0]: line.partition(" ")[2] for line in lines.all("fmtp")}
    rtx = next((n for n in codecs.get("rtx/90000", []) if repeats.get(n, "").strip() == f"apt={main}"), "0")
    return _payload_type(main), _payload_type(rtx) if rtx != "0" else 0


def _payload_type(number: str) -> int:
    value = int(number)
    if not 1 <= value <= 127 or 64 <= value <= 95:      # 64..95 would look like RTCP
        raise ValueError(f"payload type {value}")
    return value


def _ssrcs(lines: _Lines, with_rtx: bool) -> tuple[int, ...]:
    for group in lines.all("ssrc-group"):
        kind, *ssrcs = group.split()
        if kind == "FID" and len(ssrcs) == 2:
            return tuple(_ssrc(ssrc) for ssrc in ssrcs[:2 if with_rtx else 1])
    first = lines.one("ssrc").partition(" ")[0]
    return (_ssrc(first),) if first else ()


def _ssrc(number: str) -> int:
    value = int(number[:12])
    if not 0 < value < 1 << 32:
        raise ValueError("SSRC out of range")
    return value


def _extensions(lines: _Lines, kind: str) -> dict[str, int]:
    found = {}
    for line in lines.all("extmap"):
        number, _space, uri = line.partition(" ")
        number = number.partition("/")[0]
        if kind in EXTENSIONS.get(uri, ()) and number.isdecimal() and 1 <= int(number[:4]) <= 14:
            found[uri] = int(number)
    if len(set(found.values())) != len(found):
        raise ValueError("one id for two header extensions")
    return found


def answer(offer: Offer, ours: Ours) -> str:
    """Our complete answer: nothing will be trickled."""
    lines = [
        "v=0", "o=- 1 1 IN IP4 127.0.0.1", "s=-", "t=0 0",
        f"a=group:BUNDLE {' '.join(section.mid for section in offer.sections)}",
        "a=msid-semantic: WMS *",
    ]
    for section, ssrcs in zip(offer.sections, ours.ssrcs, strict=True):
        lines += _media(section, ours)
        lines += _names(section, ssrcs)
        lines += _transport(ours)
    return "\r\n".join(lines) + "\r\n"


def _media(section: Section, ours: Ours) -> list[str]:
    main, rtx = section.payload_type, section.retransmission
    address = ours.addresses[0]
    family = "IP6" if ":" in address else "IP4"
    lines = [
        f"m={section.kind} {ours.port} UDP/TLS/RTP/SAVPF {main}" + (f" {rtx}" if rtx else ""),
        f"c=IN {family} {address}",
        "a=rtcp:9 IN IP4 0.0.0.0",
        f"a=mid:{section.mid}",
        f"a={MIRROR[section.direction]}",
        "a=rtcp-mux",
        *(["a=rtcp-rsize"] if section.reduced else []),
        *(f"a=extmap:{number} {uri}" for uri, number in section.extensions.items()),
        f"a=rtpmap:{main} {'opus/48000/2' if section.kind == 'audio' else 'VP8/90000'}",
        *(f"a=rtcp-fb:{main} {feedback}" for feedback in section.feedback),
    ]
    if section.kind == "audio":
        lines.append(f"a=fmtp:{main} {OPUS}")
    if rtx:
        lines += [f"a=rtpmap:{rtx} rtx/90000", f"a=fmtp:{rtx} apt={main}"]
    return lines


def _names(section: Section, ssrcs: tuple[int, ...]) -> list[str]:
    if not section.receives:
        return []
    group = [f"a=ssrc-group:FID {ssrcs[0]} {ssrcs[1]}"] if len(ssrcs) > 1 else []
    person = f"person{section.slot}"       # one stream each, so that lips go with the right voice
    msid = f"msid:{person} {person}{section.kind}"
    return [f"a={msid}", *group, *(f"a=ssrc:{n} {what}" for n in ssrcs for what in (f"cname:{person}", msid))]


def _transport(ours: Ours) -> list[str]:
    return [
        f"a=ice-ufrag:{ours.ufrag}", f"a=ice-pwd:{ours.password}",
        *(f"a=fingerprint:{algorithm} {value}" for algorithm, value in ours.fingerprints),
        "a=setup:active",
        *_candidates(ours, UDP_FIRST, "udp", ours.port, ""),
        *(_candidates(ours, TCP_LAST, "tcp", ours.tcp_port, " tcptype passive") if ours.tcp_port else ()),
        "a=end-of-candidates",
    ]


def _candidates(ours: Ours, preference: int, protocol: str, port: int, more: str) -> Iterable[str]:
    for place, address in enumerate(ours.addresses):
        priority = preference + (65535 - place << 8) + 255
        yield f"a=candidate:{protocol}{place + 1} 1 {protocol} {priority} {address} {port} typ host{more}"
