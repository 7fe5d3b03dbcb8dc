"""What a page may say over the socket: a table of events for each thing that people do in a call."""

from shopvisio.web.events import (
    basket,
    danger,
    goods,
    invitation,
    lens,
    photos,
    pointing,
    quality,
    recording,
    seat,
    talk,
)
from shopvisio.web.wire import Events, Gestures

EVENTS: Events = {
    **seat.EVENTS,
    **talk.EVENTS,
    **goods.EVENTS,
    **photos.EVENTS,
    **lens.EVENTS,
    **pointing.EVENTS,
    **quality.EVENTS,
    **basket.EVENTS,
    **invitation.EVENTS,
    **danger.EVENTS,
    **recording.EVENTS,
}
GESTURES: Gestures = pointing.GESTURES
