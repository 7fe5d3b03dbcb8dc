"""What a page may say over the socket: a table of events for each thing that people do in a call."""

from shopvisio.web.events import danger, invitation, lens, photos, quality, seat, talk
from shopvisio.web.wire import Events

EVENTS: Events = {
    **seat.EVENTS,
    **talk.EVENTS,
    **photos.EVENTS,
    **lens.EVENTS,
    **quality.EVENTS,
    **invitation.EVENTS,
    **danger.EVENTS,
}
