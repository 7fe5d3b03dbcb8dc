"""The private names that the adapter stands on are where it expects them, and do what it expects."""

import asyncio
from struct import pack

from aioice import Connection
from aioice.ice import StunProtocol
from aiortc import RTCCertificate, RTCDtlsTransport, RTCIceGatherer, RTCIceTransport
from pylibsrtp import Policy, Session
from pylibsrtp._binding import lib

from shopvisio.rtc import adapter


async def things() -> dict[str, object]:
    gatherer, connection = RTCIceGatherer(iceServers=[]), Connection(ice_controlling=False)
    dtls = RTCDtlsTransport(RTCIceTransport(gatherer), [RTCCertificate.generateCertificate()])
    return {
        "aioice.Connection()": connection, "aioice.ice.StunProtocol()": StunProtocol(connection),
        "aiortc.RTCIceGatherer()": gatherer, "aiortc.RTCDtlsTransport()": dtls,
        "pylibsrtp.Session()": Session(), "pylibsrtp.lib": lib,
    }


def test_no_private_name_went_missing() -> None:
    found = asyncio.run(things())
    missing = [f"{thing}.{name}" for thing, names in adapter.PRIVATE.items() for name in names
               if not hasattr(found[thing], name)]
    assert missing == []


def srtp() -> adapter.Keys:
    key = bytes(range(30))
    return adapter.Keys(Session(Policy(key, Policy.SSRC_ANY_INBOUND)), Session(Policy(key, Policy.SSRC_ANY_OUTBOUND)))


def test_a_packet_is_encrypted_and_decrypted_in_place() -> None:
    keys, packet = srtp(), adapter.Packet()
    plain = pack("!BBHII", 0x80, 96, 1, 2, 3) + b"picture"
    packet.view[:len(plain)] = plain
    size = packet.protect(keys.tx, len(plain))
    assert size == len(plain) + 10
    assert bytes(packet.view[:len(plain)]) != plain
    assert packet.unprotect(keys.rx, size) == len(plain)
    assert bytes(packet.view[:len(plain)]) == plain


def test_a_copy_stays_plain_when_the_first_is_encrypted() -> None:
    keys, packet = srtp(), adapter.Packet()
    plain = pack("!BBHII", 0x80, 96, 1, 2, 3) + b"picture"
    packet.view[:len(plain)] = plain
    copy = packet.copy(len(plain))
    assert copy.protect(keys.tx, len(plain))
    assert bytes(copy.view[:len(plain)]) != bytes(packet.view[:len(plain)]) == plain
    assert packet.copy(3) is copy


def test_a_forged_packet_is_refused() -> None:
    keys, packet = srtp(), adapter.Packet()
    packet.view[:40] = pack("!BBHII", 0x80, 96, 1, 2, 3) + bytes(28)
    assert packet.unprotect(keys.rx, 40) == 0
    assert keys.open_rtcp(bytes(40)) == b""


def test_the_longest_datagram_leaves_room_for_its_trailer() -> None:
    keys, packet = srtp(), adapter.Packet()
    packet.view[:12] = pack("!BBHII", 0x80, 96, 1, 2, 3)
    size = packet.protect(keys.tx, adapter.LONGEST)
    assert adapter.LONGEST < size < adapter.ROOM
    assert keys.close_rtcp(bytes(5000)) == b""
