/**
 * Our own camera and microphone: opened, switched, cut, and opened again when the telephone took them away.
 * It never touches the page.
 *
 * @typedef {"denied" | "system" | "dismissed" | "missing" | "busy" | "insecure" | "unsupported" | "other"} Trouble
 * @typedef {"audio" | "video"} Kind
 * @typedef {"user" | "environment"} Facing
 */

import { chosen, present, turn, turned } from "./devices.js";

const SIZE = { width: { ideal: 1280 }, height: { ideal: 720 }, frameRate: { ideal: 30, max: 30 } };
const SOUND = { echoCancellation: true, noiseSuppression: true, autoGainControl: true };
const KINDS = {
  NotAllowedError: "denied",
  SecurityError: "denied",
  NotFoundError: "missing",
  OverconstrainedError: "missing",
  NotReadableError: "busy",
  AbortError: "busy",
};

/**
 * What went wrong, as the page explains it.
 * @param {unknown} error
 * @returns {Trouble}
 */
export function trouble(error) {
  if (!window.isSecureContext) return "insecure";
  if (!navigator.mediaDevices?.getUserMedia) return "unsupported";
  const { name, message } = error instanceof Error || error instanceof DOMException ? error : { name: "", message: "" };
  const kind = /** @type {Trouble} */ (KINDS[/** @type {keyof typeof KINDS} */ (name)] ?? "other");
  if (kind === "denied" && /system/i.test(message)) return "system"; // the computer's own settings, not the page's
  if (kind === "denied" && /dismissed/i.test(message)) return "dismissed"; // the question was closed unanswered
  return kind;
}

/** Our camera and microphone. */
export class Camera {
  /** @type {Record<Kind, MediaStreamTrack | null>} */ #tracks = { audio: null, video: null };
  /** @type {Record<Kind, boolean>} */ #wanted = { audio: false, video: false }; // what the person wants there
  /** @type {Facing} */ #facing;
  #device = turned()?.device ?? chosen("videoinput");
  #microphone = chosen("audioinput");
  #paused = false; // whether the telephone took the picture away
  #micOn = true;
  /** @type {(kind: Kind, track: MediaStreamTrack | null) => void} */ #onTrack;

  /**
   * @param {Facing} facing  The side to begin with.
   * @param {(kind: Kind, track: MediaStreamTrack | null) => void} onTrack  A track began, ended or paused.
   */
  constructor(facing, onTrack) {
    this.#facing = turned()?.facing ?? facing;
    this.#onTrack = onTrack;
    document.addEventListener("visibilitychange", () => this.#takeBack());
  }

  /** What there is to send. */
  get stream() {
    return new MediaStream(Object.values(this.#tracks).filter((track) => track !== null));
  }

  /** Whether there is a microphone, and it is open. */
  get mic() {
    return this.#tracks.audio !== null && this.#micOn;
  }

  /** Whether the person gave us a microphone. */
  get hasMic() {
    return this.#wanted.audio;
  }

  /** @returns {"on" | "off" | "paused"} */
  get state() {
    if (!this.#wanted.video) return "off";
    return this.#tracks.video && !this.#paused ? "on" : "paused";
  }

  /** Whether we look at ourselves: then our own picture is shown as in a mirror. */
  get mirrored() {
    return (this.#tracks.video?.getSettings().facingMode ?? this.#facing) === "user";
  }

  /**
   * Open what is asked for. When both are asked and one is not to be had, for another reason than a refusal,
   * the other is opened alone.
   * @param {{audio: boolean, video: boolean}} what
   * @returns {Promise<Trouble | "">} what went wrong, if anything
   */
  async open({ audio, video }) {
    const wrong = await this.#take(audio, video);
    if ((wrong === "missing" || wrong === "busy") && audio && video) {
      if (await this.#take(true, false)) await this.#take(false, true);
    }
    return wrong;
  }

  /** @param {boolean} on */
  setMic(on) {
    this.#micOn = on;
    if (this.#tracks.audio) this.#tracks.audio.enabled = on;
  }

  /**
   * Cut or open the camera; cut means that its light goes out.
   * @param {boolean} on
   * @returns {Promise<Trouble | "">}
   */
  async setCamera(on) {
    if (on) return this.#take(false, true);
    this.#wanted.video = false;
    this.#drop("video");
    return "";
  }

  /** Whether there is another camera to switch to. */
  async canFlip() {
    return (await present("videoinput")).length > 1;
  }

  /**
   * Switch to the other side, or to the next camera.
   * @returns {Promise<Trouble | "">}
   */
  async flip() {
    const now = this.#tracks.video?.getSettings() ?? {};
    if (now.facingMode) {
      const facing = now.facingMode === "user" ? "environment" : "user";
      return this.#switch("video", { facing, device: "", microphone: this.#microphone });
    }
    const ids = (await present("videoinput")).map(({ deviceId }) => deviceId);
    return this.use("video", ids[(ids.indexOf(now.deviceId ?? "") + 1) % ids.length] ?? "");
  }

  /**
   * Take this camera, or this microphone, from now on.
   * @param {Kind} kind
   * @param {string} device
   * @returns {Promise<Trouble | "">}
   */
  use(kind, device) {
    const now = { facing: this.#facing, device: this.#device, microphone: this.#microphone };
    return this.#switch(kind, { ...now, [kind === "video" ? "device" : "microphone"]: device });
  }

  /**
   * Another one, or the one before when it is not to be had. The old one is stopped first: telephones open only one.
   * @param {Kind} kind
   * @param {{facing: Facing, device: string, microphone: string}} wanted
   * @returns {Promise<Trouble | "">}
   */
  async #switch(kind, wanted) {
    const before = { facing: this.#facing, device: this.#device, microphone: this.#microphone };
    ({ facing: this.#facing, device: this.#device, microphone: this.#microphone } = wanted);
    this.#drop(kind);
    const wrong = await this.#take(kind === "audio", kind === "video");
    if (!wrong) {
      if (kind === "video") turn(wanted);
      return "";
    }
    ({ facing: this.#facing, device: this.#device, microphone: this.#microphone } = before);
    await this.#take(kind === "audio", kind === "video");
    return wrong;
  }

  /** Let everything go. */
  close() {
    this.#wanted = { audio: false, video: false };
    this.#drop("video");
    this.#drop("audio");
  }

  /**
   * @param {boolean} audio
   * @param {boolean} video
   * @returns {Promise<Trouble | "">}
   */
  async #take(audio, video) {
    const side = this.#device ? { deviceId: { exact: this.#device } } : { facingMode: { ideal: this.#facing } };
    const ear = this.#microphone ? { deviceId: { ideal: this.#microphone } } : {};
    const lens = matchMedia("(pointer: coarse)").matches ? { advanced: [{ zoom: true }] } : {}; // else Chrome hides it
    const asked = /** @type {MediaStreamConstraints} */ (
      { audio: audio && { ...SOUND, ...ear }, video: video && { ...SIZE, ...side, ...lens } });
    try {
      const stream = await navigator.mediaDevices.getUserMedia(asked);
      for (const track of stream.getTracks()) this.#keep(track);
      return "";
    } catch (error) {
      if (video && this.#device && trouble(error) === "missing") { // the one that was chosen is unplugged
        this.#device = "";
        return this.#take(audio, video);
      }
      for (const kind of /** @type {Kind[]} */ ([audio && "audio", video && "video"].filter(Boolean))) {
        this.#wanted[kind] = false;
        this.#onTrack(kind, this.#tracks[kind]);
      }
      return trouble(error);
    }
  }

  /** @param {MediaStreamTrack} track */
  #keep(track) {
    const kind = /** @type {Kind} */ (track.kind);
    this.#release(kind);
    this.#tracks[kind] = track;
    this.#wanted[kind] = true;
    if (kind === "audio") track.enabled = this.#micOn;
    else this.#paused = false;
    track.onended = () => this.#lost(kind);
    track.onmute = track.onunmute = () => this.#muted(kind, track);
    this.#onTrack(kind, track);
  }

  /** @param {Kind} kind */
  #drop(kind) {
    if (this.#release(kind)) this.#onTrack(kind, null);
  }

  /** @param {Kind} kind */
  #release(kind) {
    const track = this.#tracks[kind];
    if (!track) return false;
    track.onended = track.onmute = track.onunmute = null;
    track.stop();
    this.#tracks[kind] = null;
    return true;
  }

  /** @param {Kind} kind */
  #lost(kind) {
    this.#drop(kind);
    this.#takeBack();
  }

  /**
   * @param {Kind} kind
   * @param {MediaStreamTrack} track
   */
  #muted(kind, track) {
    if (kind !== "video") return;
    this.#paused = track.muted;
    this.#onTrack(kind, track);
  }

  /** After an incoming call or another app: take back what was taken. */
  async #takeBack() {
    if (document.visibilityState !== "visible") return;
    if (this.#wanted.audio && !this.#tracks.audio) await this.#take(true, false);
    if (this.#wanted.video && (!this.#tracks.video || this.#paused)) await this.#take(false, true);
  }
}
