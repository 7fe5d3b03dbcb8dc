"""Offers as browsers write them, offers as nobody should, and the answers."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shopvisio.errors import Invalid
from shopvisio.rtc import sdp
from shopvisio.rtc.packets import TRANSPORT_NUMBER

AUDIO = """\
m=audio 9 UDP/TLS/RTP/SAVPF 111 63 9
c=IN IP4 0.0.0.0
a=rtcp:9 IN IP4 0.0.0.0
a=candidate:1 1 udp 2113937151 1f4712db-ea17-4bcf-a596-105139dfd8bf.local 54596 typ host
a=ice-ufrag:EsAw
a=ice-pwd:P2uYro0UCOQ4zxjKXaWCBui1
a=ice-options:trickle
a=fingerprint:sha-256 D2:FA:0E:C3:22:59:5E:14:95:69:92:3D:13:B4:84:24:2C:C2:A2:C0:3E:FD:34:8E:5E:EA:6F:AF:52:CE:E6:0F
a=setup:actpass
a=mid:0
a=extmap:1 urn:ietf:params:rtp-hdrext:ssrc-audio-level
a=extmap:3 http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01
a=extmap:4 urn:ietf:params:rtp-hdrext:sdes:mid
a=sendrecv
a=msid:call audio
a=rtcp-mux
a=rtcp-rsize
a=rtpmap:111 opus/48000/2
a=rtcp-fb:111 transport-cc
a=fmtp:111 minptime=10;useinbandfec=1
a=rtpmap:63 red/48000/2
a=fmtp:63 111/111
a=rtpmap:9 G722/8000
a=ssrc:3735928559 cname:them
"""
VIDEO = """\
m=video 9 UDP/TLS/RTP/SAVPF 96 97 102
c=IN IP4 0.0.0.0
a=ice-ufrag:EsAw
a=ice-pwd:P2uYro0UCOQ4zxjKXaWCBui1
a=fingerprint:sha-256 D2:FA:0E:C3:22:59:5E:14:95:69:92:3D:13:B4:84:24:2C:C2:A2:C0:3E:FD:34:8E:5E:EA:6F:AF:52:CE:E6:0F
a=setup:actpass
a=mid:1
a=extmap:2/sendrecv http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time
a=extmap:3 http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01
a=extmap:13 urn:3gpp:video-orientation
a=sendrecv
a=rtcp-mux
a=rtpmap:96 VP8/90000
a=rtcp-fb:96 goog-remb
a=rtcp-fb:96 transport-cc
a=rtcp-fb:96 ccm fir
a=rtcp-fb:96 nack
a=rtcp-fb:96 nack pli
a=rtpmap:97 rtx/90000
a=fmtp:97 apt=96
a=rtpmap:102 H264/90000
a=ssrc-group:FID 1001 1002
a=ssrc:1001 cname:them
a=ssrc:1002 cname:them
"""
SESSION = "v=0\no=- 4611731400430051336 2 IN IP4 127.0.0.1\ns=-\nt=0 0\na=group:BUNDLE 0 1\n"
WHOLE = SESSION + AUDIO + VIDEO
MORE = (AUDIO + VIDEO).replace("a=mid:0", "a=mid:2").replace("a=mid:1", "a=mid:3").replace(
    "a=sendrecv", "a=recvonly").partition("a=ssrc-group")[0]
FOR_TWO = SESSION.replace("BUNDLE 0 1", "BUNDLE 0 1 2 3") + AUDIO + VIDEO + MORE


def ours(offer: sdp.Offer) -> sdp.Ours:
    return sdp.Ours("name", "p" * 32, [("sha-256", "AA:BB")], ["192.0.2.1", "2001:db8::1"], 443,
                    [(11,), (21, 22), (31,), (41, 42)][:len(offer.sections)], 8443)


def answer_to(text: str) -> list[str]:
    offer = sdp.parse(text)
    return sdp.answer(offer, ours(offer)).splitlines()


def test_it_reads_what_a_browser_offers() -> None:
    offer = sdp.parse(WHOLE)
    audio, video = offer.sections
    assert (offer.ufrag, offer.password) == ("EsAw", "P2uYro0UCOQ4zxjKXaWCBui1")
    assert [algorithm for algorithm, _value in offer.fingerprints] == ["sha-256"]
    assert (audio.kind, audio.mid, audio.payload_type, audio.retransmission) == ("audio", "0", 111, 0)
    assert (video.kind, video.mid, video.payload_type, video.retransmission) == ("video", "1", 96, 97)
    assert (audio.ssrcs, video.ssrcs) == ((3735928559,), (1001, 1002))
    assert video.sends
    assert video.receives


def test_the_answer_holds_one_codec_of_each_kind() -> None:
    lines = answer_to(WHOLE)
    assert [line for line in lines if line.startswith("m=")] == [
        "m=audio 443 UDP/TLS/RTP/SAVPF 111", "m=video 443 UDP/TLS/RTP/SAVPF 96 97"]
    assert [line for line in lines if line.startswith("a=rtpmap")] == [
        "a=rtpmap:111 opus/48000/2", "a=rtpmap:96 VP8/90000", "a=rtpmap:97 rtx/90000"]
    assert "a=fmtp:111 minptime=10;useinbandfec=1" in lines


def test_phones_turn_their_pictures_themselves() -> None:
    assert not [line for line in answer_to(WHOLE) if "video-orientation" in line]


def test_bandwidth_is_measured_end_to_end_where_the_browser_can() -> None:
    lines = answer_to(WHOLE)
    assert lines.count(f"a=extmap:3 {TRANSPORT_NUMBER}") == 2
    assert "a=rtcp-fb:96 transport-cc" in lines
    assert "a=rtcp-fb:96 goog-remb" in lines      # for a room of three
    old = answer_to(WHOLE.replace("a=rtcp-fb:96 transport-cc\n", ""))
    assert "a=rtcp-fb:96 goog-remb" in old
    assert old.count(f"a=extmap:3 {TRANSPORT_NUMBER}") == 1


def test_the_answer_is_complete_and_knows_no_port_but_one() -> None:
    lines = answer_to(WHOLE)
    candidates = [line for line in lines if line.startswith("a=candidate")]
    assert candidates[:4] == ["a=candidate:udp1 1 udp 2130706431 192.0.2.1 443 typ host",
                              "a=candidate:udp2 1 udp 2130706175 2001:db8::1 443 typ host",
                              "a=candidate:tcp1 1 tcp 1526726655 192.0.2.1 8443 typ host tcptype passive",
                              "a=candidate:tcp2 1 tcp 1526726399 2001:db8::1 8443 typ host tcptype passive"]
    assert lines.count("a=end-of-candidates") == lines.count("a=setup:active") == 2


def test_it_sends_under_names_of_its_own() -> None:
    lines = answer_to(WHOLE)
    assert "a=ssrc-group:FID 21 22" in lines
    assert not [line for line in lines if "1001" in line or "3735928559" in line]


@pytest.mark.parametrize(("offered", "answered"), [
    ("sendrecv", "sendrecv"), ("sendonly", "recvonly"), ("recvonly", "sendonly"), ("inactive", "inactive"),
])
def test_directions_are_mirrored(offered: str, answered: str) -> None:
    lines = answer_to(WHOLE.replace("a=sendrecv", f"a={offered}"))
    assert lines.count(f"a={answered}") == 2
    assert bool([line for line in lines if line.startswith("a=ssrc")]) == (answered in ("sendrecv", "sendonly"))


def test_a_second_section_of_each_kind_receives_a_third_person_as_a_stream_of_its_own() -> None:
    offer = sdp.parse(FOR_TWO)
    assert [(section.kind, section.slot, section.sends) for section in offer.sections] == [
        ("audio", 0, True), ("video", 0, True), ("audio", 1, False), ("video", 1, False)]
    lines = answer_to(FOR_TWO)
    assert [line for line in lines if line in ("a=sendrecv", "a=sendonly")] == ["a=sendrecv"] * 2 + ["a=sendonly"] * 2
    assert [line for line in lines if line.startswith("a=msid:")] == [
        "a=msid:person0 person0audio", "a=msid:person0 person0video",
        "a=msid:person1 person1audio", "a=msid:person1 person1video"]
    assert "a=ssrc-group:FID 41 42" in lines


def test_nothing_is_taken_from_a_second_section() -> None:
    section = sdp.parse(FOR_TWO.replace("a=recvonly", "a=sendrecv")).sections[3]
    assert (section.sends, section.receives) == (False, True)


@pytest.mark.parametrize("kind", [AUDIO, VIDEO])
def test_one_kind_alone_is_enough(kind: str) -> None:
    assert len(sdp.parse(SESSION + kind).sections) == 1


@pytest.mark.parametrize("text", [
    "", "hello", SESSION, SESSION + AUDIO + AUDIO, FOR_TWO + AUDIO.replace("a=mid:0", "a=mid:4"),
    FOR_TWO.replace("BUNDLE 0 1 2 3", "BUNDLE 0 1"),
    SESSION + AUDIO + VIDEO + VIDEO, WHOLE * 20,
    WHOLE.replace("VP8/90000", "AV1/90000"),
    WHOLE.replace("opus/48000/2", "opus/16000"),
    WHOLE.replace("a=fingerprint", "a=nothing"),
    WHOLE.replace("sha-256 D2", "md5 D2"),
    WHOLE.replace("a=ice-pwd:P2uYro0UCOQ4zxjKXaWCBui1", "a=ice-pwd:short"),
    WHOLE.replace("a=ice-ufrag:EsAw", "a=ice-ufrag:a b c d"),
    WHOLE.replace("a=setup:actpass", "a=setup:active"),
    WHOLE.replace("a=rtcp-mux\n", ""),
    WHOLE.replace("a=group:BUNDLE 0 1\n", ""),
    WHOLE.replace("a=mid:1", "a=mid:0"),
    WHOLE.replace("UDP/TLS/RTP/SAVPF", "RTP/AVP"),
    WHOLE.replace("96 97 102", "96 97 102 " + "1 " * 500),
    WHOLE.replace("m=video 9 UDP/TLS/RTP/SAVPF 96", "m=video 9 UDP/TLS/RTP/SAVPF 72").replace(":96", ":72"),
    WHOLE.replace("FID 1001 1002", "FID 99999999999 1"),
    WHOLE.replace("m=video", "m=application"),
])
def test_it_refuses_what_it_cannot_use(text: str) -> None:
    with pytest.raises(Invalid) as refused:
        sdp.parse(text)
    assert refused.value.message
    assert refused.value.fields["offer"]


LINES = FOR_TWO.splitlines()
CHANGES = st.lists(st.tuples(st.integers(0, len(LINES) - 1), st.sampled_from(["drop", "twice", "text", "number"]),
                             st.text(max_size=20)), min_size=1, max_size=6)


@settings(deadline=None)
@given(CHANGES)
def test_a_damaged_offer_is_read_or_refused_and_nothing_else(changes: list[tuple[int, str, str]]) -> None:
    lines = list(LINES)
    for at, what, text in changes:
        lines[at] = {"drop": "", "twice": f"{lines[at]}\n{lines[at]}", "text": lines[at][:6] + text,
                     "number": lines[at].replace("9", "99999")}[what]
    try:
        offer = sdp.parse("\r\n".join(lines))
    except Invalid:
        return
    answer = sdp.answer(offer, ours(offer)).split("\r\n")
    assert answer.pop() == ""
    assert all(re.fullmatch(r"[a-z]=[!-~][ -~]*", line) for line in answer)
    assert len(answer) < 150
