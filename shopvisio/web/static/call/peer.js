/**
 * The browser's half of the relay: one connection to the appliance, which it makes again by itself whenever
 * the network changed under it. It never touches the page.
 *
 * @typedef {"connecting" | "connected" | "reconnecting" | "refused" | "closed"} PeerState
 *
 * @typedef {Object} PeerOptions
 * @property {(offer: string) => Promise<string>} send  Brings an SDP offer to the appliance, gives its answer.
 *   Rejects when that did not work: it will be tried again, unless the error has `final` set.
 * @property {(state: PeerState, why: string) => void} [onState]
 * @property {(stream: MediaStream, slot: 0 | 1) => void} [onTrack]  What the others send, one in each slot in the
 *   order of their places: new streams after each dial, silent and dark while nobody is there.
 * @property {boolean} [sharp]  Detail before smoothness: for a repair.
 * @property {boolean} [alone]  Nobody else is there yet: see setAlone().
 *
 * @typedef {Object} Picture  How much of a picture is sent: see ladder.js.
 * @property {boolean} active
 * @property {number} bitrate  Bits a second at most.
 * @property {number} scale  What its sides are divided by.
 * @property {number} framerate  Pictures a second at most.
 *
 * @typedef {Object} PeerStats
 * @property {number | null} rtt  Seconds to the other person and back (to the appliance while alone).
 * @property {number | null} nearest  Seconds to the appliance and back.
 * @property {number} answers  Times that the appliance's own round trip was measured, since the last dial.
 * @property {number} lossIn  The share of what was sent to us that got lost, 0 to 1, since the last call.
 * @property {number} lossOut  The share of what we sent that got lost, as the other last told, 0 to 1.
 * @property {number} bitrateIn  Bits a second since the last call.
 * @property {number} bitrateOut  Bits a second since the last call.
 * @property {number | null} available  Bits a second that the network is thought to carry outwards.
 * @property {number} frames  Pictures shown since the last dial.
 * @property {number} freezes  Times that the shown picture stood still, since the last dial.
 * @property {number} packets  Media packets received since the last dial.
 */

const SHARP_FRAMERATE = 24;
const NEWS = 6_000;                // ms that what the other told of our packets is still news
const LOOK = 400;                  // ms between two looks at whether anything comes
const SILENCE = 1_200;             // ms without a sign of life; the appliance gives several a second
const DIAL_TIMEOUT = 8_000;        // ms from the offer to a standing connection
const PAUSES = [0, 500, 1_000, 2_000, 4_000];   // ms before the next try, by tries that failed
const SLOTS = /** @type {const} */ ([0, 1]);     // people we can receive, prepared from the start
const CODECS = { audio: ["audio/opus"], video: ["video/vp8", "video/rtx"] };

/** @typedef {"audio" | "video"} Kind */

/** Our side of the call. */
export class Peer {
  /** @param {PeerOptions} options */
  constructor({ send, onState = () => {}, onTrack = () => {}, sharp = false, alone = false }) {
    this.#send = send;
    this.#onState = onState;
    this.#onTrack = onTrack;
    this.#sharp = sharp;
    this.#alone = alone;
  }

  /** @type {PeerOptions["send"]} */ #send;
  /** @type {NonNullable<PeerOptions["onState"]>} */ #onState;
  /** @type {NonNullable<PeerOptions["onTrack"]>} */ #onTrack;
  #sharp;
  #alone = false;
  /** @type {RTCIceServer[]} */ #servers = [];
  /** @type {Picture} */ #picture = { active: true, bitrate: 2_500_000, scale: 1, framerate: 30 };
  /** @type {PeerState | ""} */ #state = "";
  /** @type {Record<Kind, MediaStreamTrack | null>} */ #tracks = { audio: null, video: null };
  /** @type {RTCPeerConnection | null} */ #connection = null;   // the one that carries the call
  /** @type {RTCPeerConnection | null} */ #dialling = null;     // the one that will
  #tries = 0;
  #timer = 0;
  #shaping = Promise.resolve();
  #looking = 0;
  /** @type {{pc: RTCPeerConnection | null, bytes: number, heard: number, looked: number}} */
  #last = { pc: null, bytes: 0, heard: 0, looked: 0 };
  #network = networkType();
  /** @type {{at: number, in: number, out: number, received: number, lost: number} | null} */ #before = null;

  get state() {
    return this.#state;
  }

  /**
   * Dial. Without camera or microphone the person still sees and hears; tracks may come later.
   * @param {MediaStream | null} local
   */
  start(local) {
    for (const track of local?.getTracks() ?? []) this.#tracks[/** @type {Kind} */ (track.kind)] = track;
    window.addEventListener("online", this.#online);
    networkInformation()?.addEventListener("change", this.#changed);
    this.#looking = setInterval(this.#look, LOOK);
    this.#enter("connecting", "start");
    this.#dialAfter(0);
  }

  /**
   * From the next dial on these TURN servers may be used, where nothing else gets through.
   * @param {RTCIceServer[]} servers
   */
  setServers(servers) {
    this.#servers = servers;
  }

  /**
   * Send this track from now on, or nothing; the other side notices no break.
   * @param {Kind} kind
   * @param {MediaStreamTrack | null} track
   */
  async replaceTrack(kind, track) {
    this.#tracks[kind] = track;
    this.#hint();
    await Promise.all(this.#live().map((pc) => sender(pc, kind)?.replaceTrack(track)));
  }

  /**
   * While nobody else is there no video is encoded: less heat, and the bandwidth is measured from the
   * moment it matters (a camera that ran into the void for seconds stays at a few hundred kbit/s for long).
   * @param {boolean} alone
   */
  setAlone(alone) {
    this.#alone = alone;
    return this.#shape();
  }

  /**
   * Detail before smoothness, or the other way round.
   * @param {boolean} sharp
   */
  setSharp(sharp) {
    this.#sharp = sharp;
    this.#hint();
    return this.#shape();
  }

  /**
   * As much of a picture as the network bears; the sound goes first.
   * @param {Picture} picture
   */
  setPicture(picture) {
    this.#picture = picture;
    return this.#shape();
  }

  /**
   * Make a new connection; the old one serves until the appliance has answered.
   * @param {string} reason
   */
  redial(reason) {
    if (!["connecting", "connected", "reconnecting"].includes(this.#state)) return;
    this.#enter("reconnecting", reason);
    this.#dialAfter(PAUSES[Math.min(this.#tries, PAUSES.length - 1)]);
  }

  /** The appliance can be asked again: a pause between two tries ends here. */
  hurry() {
    if (!["connecting", "reconnecting"].includes(this.#state) || this.#dialling) return;
    this.#tries = 0;
    this.#dialAfter(0);
  }

  /** End it; the tracks given to start() go on living. */
  close() {
    this.#end("closed", "");
  }

  /**
   * @param {PeerState} state
   * @param {string} why
   */
  #end(state, why) {
    window.removeEventListener("online", this.#online);
    networkInformation()?.removeEventListener("change", this.#changed);
    clearInterval(this.#looking);
    clearTimeout(this.#timer);
    this.#live().forEach(drop);
    this.#connection = this.#dialling = null;
    this.#enter(state, why);
  }

  /** @returns {Promise<PeerStats>} */
  async stats() {
    const now = measure(await this.#connection?.getStats());
    const before = this.#before && this.#before.in <= now.in ? this.#before : { ...now, at: now.at - 1 };
    this.#before = now;
    const seconds = Math.max(0.001, (now.at - before.at) / 1000);
    const lost = Math.max(0, now.lost - before.lost);
    const expected = lost + now.received - before.received;
    return {
      rtt: now.rtt,
      nearest: now.nearest,
      answers: now.answers,
      lossIn: expected > 0 ? lost / expected : 0,
      lossOut: now.lossOut,
      bitrateIn: Math.round((8 * (now.in - before.in)) / seconds),
      bitrateOut: Math.round((8 * (now.out - before.out)) / seconds),
      available: now.available,
      frames: now.frames,
      freezes: now.freezes,
      packets: now.received,
    };
  }

  // -- dialling

  /** @param {number} pause */
  #dialAfter(pause) {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#dial(), pause);
  }

  async #dial() {
    clearTimeout(this.#timer);
    drop(this.#dialling);
    this.#tries += 1;
    const pc = new RTCPeerConnection({ iceServers: this.#servers, bundlePolicy: "max-bundle" });
    this.#dialling = pc;
    this.#timer = setTimeout(() => this.redial("no connection in time"), DIAL_TIMEOUT);
    try {
      const streams = this.#prepare(pc);
      await pc.setLocalDescription();
      const answer = await this.#send(pc.localDescription?.sdp ?? "");
      if (this.#dialling !== pc) return;
      await pc.setRemoteDescription({ type: "answer", sdp: answer });
      if (this.#dialling !== pc) return;
      drop(this.#connection);
      this.#connection = pc;
      this.#dialling = null;
      this.#before = null;
      for (const slot of SLOTS) this.#onTrack(streams[slot], slot);
      this.#watch(pc);
      await this.#shape();
    } catch (error) {
      if (this.#dialling !== pc && this.#connection !== pc) return;
      if (this.#dialling === pc) this.#dialling = null;
      drop(pc);
      if (/** @type {any} */ (error)?.final) this.#end("refused", String(error));
      else this.redial(String(error));
    }
  }

  /**
   * Tracks in, listeners on.
   * @param {RTCPeerConnection} pc
   * @returns {MediaStream[]} by slot, which fill with what the others send
   */
  #prepare(pc) {
    const streams = SLOTS.map(() => new MediaStream());
    pc.ontrack = ({ track, transceiver }) => {
      const same = pc.getTransceivers().filter(({ receiver }) => receiver.track.kind === track.kind);
      streams[same.indexOf(transceiver)]?.addTrack(track);
    };
    for (const slot of SLOTS) {
      for (const kind of /** @type {Kind[]} */ (["audio", "video"])) prefer(this.#section(pc, kind, slot), kind);
    }
    this.#hint();
    pc.oniceconnectionstatechange = () => this.#watch(pc);
    pc.onconnectionstatechange = () => this.#watch(pc);
    const dtls = pc.getSenders()[0].transport;
    if (dtls) dtls.onstatechange = () => this.#watch(pc);
    return streams;
  }

  /**
   * We send in the first section of each kind; the second is there for a third person.
   * @param {RTCPeerConnection} pc
   * @param {Kind} kind
   * @param {0 | 1} slot
   */
  #section(pc, kind, slot) {
    if (slot) return pc.addTransceiver(kind, { direction: "recvonly" });
    const encoding = kind === "video" ? { active: this.#shows, maxBitrate: this.#picture.bitrate } : {};
    return pc.addTransceiver(this.#tracks[kind] ?? kind, { direction: "sendrecv", sendEncodings: [encoding] });
  }

  /** @param {RTCPeerConnection} pc */
  #watch(pc) {
    if (pc !== this.#connection) return;
    const dtls = pc.getSenders()[0]?.transport;
    if (dtls) dtls.onstatechange = () => this.#watch(pc);
    if (pc.iceConnectionState === "failed" || pc.connectionState === "failed") this.redial("failed");
    else if (dtls?.state === "closed" || dtls?.state === "failed") this.redial("ended by the appliance");
    else if (pc.iceConnectionState === "disconnected") this.redial("disconnected");
    else if (pc.connectionState === "connected") {
      clearTimeout(this.#timer);
      this.#tries = 0;
      this.#enter("connected", "");
    }
  }

  /**
   * @param {PeerState} state
   * @param {string} why
   */
  #enter(state, why) {
    if (state === "reconnecting" && this.#state === "connecting") return;   // it never stood yet
    if (state === this.#state) return;
    this.#state = state;
    this.#onState(state, why);
  }

  // -- the network and the page around us

  #online = () => this.redial("online");

  #changed = () => {
    const type = networkType();
    if (type !== this.#network) this.redial(`network: ${type}`);
    this.#network = type;
  };

  /** Browsers need six seconds to notice a path that broke; whoever listens needs one and a half. */
  #look = async () => {
    const pc = this.#connection;
    const bytes = measure(await pc?.getStats()).arrived;
    const now = performance.now();
    const last = this.#last;
    const slept = now - last.looked > 2 * SILENCE;   // the page was frozen: what it did not hear says nothing
    if (pc !== last.pc || bytes !== last.bytes || slept) this.#last = { pc, bytes, heard: now, looked: now };
    else last.looked = now;
    if (pc === this.#connection && this.#state === "connected" && now - this.#last.heard > SILENCE) {
      this.redial("silence");
    }
  };

  // -- what we send

  #live() {
    return [this.#connection, this.#dialling].filter((pc) => pc !== null);
  }

  /** Whether there is somebody to send a picture to, and a network that bears it. */
  get #shows() {
    return this.#picture.active && !this.#alone;
  }

  #hint() {
    const track = this.#tracks.video;
    if (track && "contentHint" in track) track.contentHint = this.#sharp ? "detail" : "";
  }

  /** Bring the encoders in line with what is wanted, one change at a time. */
  #shape() {
    this.#shaping = this.#shaping.then(async () => {
      for (const pc of this.#live()) await this.#shapeOne(pc).catch(() => {});   // closed meanwhile
    });
    return this.#shaping;
  }

  /** @param {RTCPeerConnection} pc */
  async #shapeOne(pc) {
    const video = sender(pc, "video");
    const parameters = video?.getParameters();
    const encoding = parameters?.encodings?.[0];
    if (!video || !parameters || !encoding) return;
    const { bitrate, scale, framerate } = this.#picture;
    encoding.active = this.#shows;
    encoding.maxBitrate = bitrate;
    encoding.scaleResolutionDownBy = scale;
    encoding.maxFramerate = this.#sharp ? Math.min(framerate, SHARP_FRAMERATE) : framerate;
    encoding.priority = "low";
    /** @type {any} */ (parameters).degradationPreference = this.#sharp ? "maintain-resolution" : "balanced";
    await video.setParameters(parameters);
  }
}

/**
 * @param {RTCPeerConnection} pc
 * @param {Kind} kind
 */
function sender(pc, kind) {
  return pc.getTransceivers().find(({ receiver }) => receiver.track.kind === kind)?.sender;
}

/** @param {RTCPeerConnection | null} pc */
function drop(pc) {
  if (!pc) return;
  pc.ontrack = pc.oniceconnectionstatechange = pc.onconnectionstatechange = null;
  pc.close();
}

/**
 * The appliance passes on one codec of each kind; an offer of these alone is short.
 * @param {RTCRtpTransceiver} transceiver
 * @param {Kind} kind
 */
function prefer(transceiver, kind) {
  const codecs = RTCRtpReceiver.getCapabilities?.(kind)?.codecs ?? [];
  const wanted = CODECS[kind].flatMap((name) => codecs.filter(({ mimeType }) => mimeType.toLowerCase() === name));
  if (wanted.length && "setCodecPreferences" in transceiver) transceiver.setCodecPreferences(wanted);
}

/** @returns {(EventTarget & {type?: string}) | undefined} */
function networkInformation() {
  return /** @type {any} */ (navigator).connection;
}

function networkType() {
  return networkInformation()?.type ?? "";
}

/**
 * The few figures we use, out of a report.
 * @param {RTCStatsReport | undefined} report
 */
function measure(report) {
  const found = {
    at: performance.now(), arrived: 0, in: 0, out: 0, received: 0, lost: 0, frames: 0, freezes: 0, lossOut: 0, answers: 0,
    rtt: /** @type {number | null} */ (null), nearest: /** @type {number | null} */ (null),
    available: /** @type {number | null} */ (null),
  };
  const all = [...(report?.values() ?? [])];
  const newest = Math.max(...all.map(({ timestamp }) => timestamp));
  const chosen = all.find(({ type }) => type === "transport")?.selectedCandidatePairId;
  for (const one of all) {
    if (one.type === "inbound-rtp") {
      found.in += one.bytesReceived ?? 0;
      found.received += one.packetsReceived ?? 0;
      found.lost += one.packetsLost ?? 0;
      found.frames += one.framesDecoded ?? 0;
      found.freezes += one.freezeCount ?? 0;
    } else if (one.type === "outbound-rtp") {
      found.out += one.bytesSent ?? 0;
    } else if (one.type === "remote-inbound-rtp" && newest - one.timestamp < NEWS) {
      found.rtt = Math.max(found.rtt ?? 0, one.roundTripTime ?? 0) || found.rtt;
      found.lossOut = Math.max(found.lossOut, one.fractionLost ?? 0);
    } else if (one.type === "candidate-pair") {
      found.arrived += one.bytesReceived ?? 0;
      // the one in use; its state says only whether the last check is answered yet, which on a narrow line takes long
      if (chosen ? one.id !== chosen : !one.nominated || one.state !== "succeeded") continue;
      found.nearest = one.currentRoundTripTime ?? null;
      found.answers = one.responsesReceived ?? 0;
      found.available = one.availableOutgoingBitrate ?? found.available;
    }
  }
  found.rtt ??= found.nearest;
  return found;
}
