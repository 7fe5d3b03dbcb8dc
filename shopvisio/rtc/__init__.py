"""The relay: what one person of a room sends, the others receive, encoded as it came.

The door is :class:`Engine`: values in, ``concurrent.futures`` futures and a queue of events out. It knows
neither the web nor the shop. Inside, from the outside in:

    engine    the thread, the rooms, who is there
    leg       one person's connection: its streams, its counters, its path
    tap       a copy of what one person sends, for a recording
    line      TCP connections, for networks that let no UDP through
    port      one UDP socket for everybody, and who a datagram is for
    bursts    many datagrams by one system call
    outside   how the internet sees this machine: a question to a STUN server
    sdp       offer in, answer out                                  (pure)
    trio      what a sender is told when two receive it             (pure)
    flow      numbers that stay continuous when a person comes back (pure)
    packets   RTP extensions, RTCP and STUN, byte by byte           (pure)
    adapter   the only file that knows what the WebRTC libraries keep private
"""

from shopvisio.rtc.engine import Engine, Event
from shopvisio.rtc.outside import seen_by
from shopvisio.rtc.port import local_addresses

__all__ = ["Engine", "Event", "local_addresses", "seen_by"]
