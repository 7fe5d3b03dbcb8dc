/**
 * The twin of web/signalling.py: one line to the appliance for one call. It connects, takes the seat, and
 * does both again by itself whenever the line was down. It never touches the page.
 *
 * @typedef {Object} Media  What we send and whether we hear.
 * @property {boolean} mic
 * @property {Shown} camera
 * @property {boolean} sound
 * @property {boolean} voice  Voice and stills only, by choice.
 *
 * @typedef {"on" | "off" | "paused" | "held"} Shown  Of a camera: paused by the telephone, held back by the network.
 *
 * @typedef {Object} Person
 * @property {string} seat
 * @property {"customer" | "staff" | "guest"} role
 * @property {string} name
 * @property {boolean} mic
 * @property {Shown} camera
 * @property {boolean} sound
 * @property {boolean} voice
 * @property {"live" | "lost"} link
 * @property {import("./optics.js").Lens | null} lens  What their camera has, once they told.
 *
 * @typedef {Object} Variant
 * @property {number} id
 * @property {string} label
 * @property {string[]} parts  Of the label, one for each of the product's options.
 * @property {number} price  Cents.
 * @property {number | null} left  How many there are; null where nobody counts.
 * @property {string} stock  The same in words.
 * @property {string | null} picture  One of the product's.
 *
 * @typedef {Object} Product  Its card.
 * @property {number} id
 * @property {string} name
 * @property {string} summary
 * @property {number} price  Cents, of the cheapest variant.
 * @property {string} url
 * @property {string[]} options
 * @property {string[]} pictures
 * @property {Variant[]} variants
 *
 * @typedef {{cards: Product[], chosen: number | null}} Shown  On the customer's screen.
 *
 * @typedef {Object} Message
 * @property {number} id
 * @property {string} at  ISO 8601.
 * @property {"customer" | "staff" | "guest"} role
 * @property {string} name
 * @property {string} text
 * @property {Product | null} product
 *
 * @typedef {Object} Still
 * @property {number} id
 * @property {string} at  ISO 8601.
 * @property {"customer" | "staff"} role
 * @property {string} name
 * @property {number} width
 * @property {number} height
 * @property {number} visit  Of the case, from 1.
 * @property {string} shows  What of a product, if it is of the list of what to show.
 *
 * @typedef {import("./drawing.js").Point} Point  Fractions of the picture.
 *
 * @typedef {Object} Pointed  Somebody points; at nothing any more where `at` is null.
 * @property {Person["role"]} role
 * @property {string} name
 * @property {Person["role"] | "still"} of  Whose picture, or the still that lies open.
 * @property {Point | null} at
 *
 * @typedef {Object} Drawn  A mark as it is drawn.
 * @property {string} once  Its drawer's own name for it.
 * @property {string} kind
 * @property {string} colour
 * @property {Point[]} points
 * @property {string} text  What a text says; which stamp.
 *
 * @typedef {Drawn & {number: number, role: Person["role"], name: string}} Mark
 *
 * @typedef {Object} Stretch  Of a stroke in the making: its points from `since` on.
 * @property {number} still
 * @property {string} once
 * @property {string} kind
 * @property {string} colour
 * @property {number} since
 * @property {Point[]} points
 *
 * @typedef {{still: Still | null, marks: Mark[], name?: string, role?: Person["role"]}} Laid  What lies open, by whom.
 * @typedef {{still: number, gone: string[], back: Mark[]}} Changed
 * @typedef {{of: "customer" | "staff", once: string, name: string}} Freeze
 *
 * @typedef {Object} Asked
 * @property {"still" | "motion" | "detail"} what
 * @property {string} name  Who asks.
 *
 * @typedef {Object} Stopped  Everything is.
 * @property {string} at  ISO 8601.
 * @property {"customer" | "staff" | "guest"} role  Of who pressed.
 * @property {string} name
 * @property {"gas" | "mains" | "water" | "height" | "other" | ""} cause
 *
 * @typedef {Object} Recorded  How recording this call stands.
 * @property {{state: "asked" | "running" | "paused", name: string, seats: string[], names: string[]} | null} recording
 *   Who asked; whose yes is lacking.
 * @property {{why: "refused" | "stopped" | "full" | "failed", name: string} | null} [over]  Why there is none any more.
 *
 * @typedef {Object} Wished
 * @property {"torch" | "zoom" | "flip"} what
 * @property {number} to  0 or 1 for the torch.
 * @property {string} name  Who asks.
 *
 * @typedef {Object} Seated
 * @property {string} seat
 * @property {"none" | "live" | "lost"} media  What the relay has of us: none after it was started anew.
 * @property {Person[]} people
 * @property {Message[]} messages
 * @property {Still[]} stills
 * @property {Laid} board
 * @property {Shown} shown
 * @property {Wait} wait
 * @property {Stopped | null} stopped
 * @property {Recorded["recording"]} recording
 * @property {RTCIceServer[]} turn  For networks that let nothing else through.
 *
 * @typedef {Object} Wait  What a customer is told while they wait.
 * @property {number} late  Minutes that the colleague said to be late.
 * @property {boolean} busy  Whether another call holds them.
 * @property {string} name  Who they wait for.
 *
 * @typedef {Object} Hear
 * @property {(seated: Seated) => void} entered  We have our seat, for the first time or again.
 * @property {(people: Person[]) => void} people
 * @property {(message: Message) => void} message
 * @property {(shown: Shown) => void} shown
 * @property {(wait: Wait) => void} wait
 * @property {(still: Still) => void} still  A picture came in beside the call.
 * @property {(asked: Asked) => void} asked  Somebody of the shop asks our page for something.
 * @property {() => void} steps  The checklist has changed.
 * @property {() => void} parts  A part was proposed, changed or answered, or the fee accepted.
 * @property {() => void} basket  The basket has changed.
 * @property {() => void} turned  A sale became a repair, or the other way round: the page is another now.
 * @property {(told: {stop: Stopped | null}) => void} stopped  Everything is stopped, or goes on.
 * @property {(recorded: Recorded) => void} recording  A recording is asked for, runs, pauses or has ended.
 * @property {(wished: Wished) => void} wished  Somebody of the shop asks for lamp, zoom or the other side.
 * @property {(pointed: Pointed) => void} point
 * @property {(laid: Laid) => void} board  A still was opened, or the moving picture taken up again.
 * @property {(freeze: Freeze) => void} freeze  Somebody wants a still of a picture now.
 * @property {(stretch: Stretch & {role: Person["role"], name: string}) => void} stroke  Somebody is drawing.
 * @property {(changed: Changed) => void} marks
 * @property {() => void} down  The line is cut; it comes back by itself.
 * @property {() => void} closing  The appliance stops for a moment.
 * @property {() => void} replaced  A newer page has our seat.
 * @property {(next: string) => void} ended  The call is over; where to go.
 * @property {(refusal: Refusal) => void} refused  We may not come in.
 */

import { io } from "../vendor/socket.io.esm.min.js";
import { onWake } from "./wake.js";

const ANSWER_WITHIN = 12_000; // ms
const SLOW = 2_500; // ms without an answer, before the line itself is doubted
const QUICK_TRY = 2_000; // ms for a new connection: what was sent into a dead network comes late or never
const LONG_TRY = 4_000; // ms for every third, where the network itself is slow
const BETWEEN_TRIES = 300; // ms
const PASSING = ["conflict", "unavailable", "relay_failed", "timeout"]; // worth another try

/** The appliance said no, with a sentence for the person. */
export class Refusal extends Error {
  /** @param {{error: string, message?: string}} told */
  constructor({ error, message = "" }) {
    super(message);
    this.code = error;
    this.final = !PASSING.includes(error);
  }
}

/** Our line in a call. */
export class Line {
  /** @type {any} */ #socket;
  /** @type {Hear} */ #hear;
  /** @type {Media} */ #media = { mic: false, camera: "off", sound: true, voice: false };
  /** @type {Array<() => void>} */ #awaiting = [];
  #seated = false;
  #doubting = false;
  #retry = 0;

  /**
   * @param {{case?: string, guest?: string, name?: string, appointment?: string}} auth  Read at each connection.
   * @param {Hear} hear
   */
  constructor(auth, hear) {
    this.#hear = hear;
    this.#socket = io({
      auth,
      autoConnect: false,
      forceNew: true,
      reconnectionDelay: BETWEEN_TRIES,
      reconnectionDelayMax: BETWEEN_TRIES,
      timeout: LONG_TRY,
      transports: ["websocket", "polling"],
      tryAllTransports: true,
    });
    this.#socket.io.on("reconnect_attempt", (/** @type {number} */ nth) => {
      this.#socket.io.timeout(nth % 3 ? QUICK_TRY : LONG_TRY);
    });
    this.#socket.on("connect", () => this.#sit());
    this.#socket.on("disconnect", (/** @type {string} */ why) => this.#cut(why));
    this.#socket.on("connect_error", (/** @type {any} */ error) => this.#failed(error));
    for (const name of /** @type {const} */ (["people", "message", "shown", "wait", "still", "asked", "wished", "steps", "parts", "basket", "turned", "stopped", "recording", "closing"])) {
      this.#socket.on(name, hear[name]);
    }
    for (const name of /** @type {const} */ (["point", "board", "freeze", "stroke", "marks"])) {
      this.#socket.on(name, hear[name]);
    }
    this.#socket.on("replaced", () => this.#finish(() => hear.replaced()));
    this.#socket.on("ended", (/** @type {{next: string}} */ { next }) => this.#finish(() => hear.ended(next)));
    onWake(() => this.#wake());
  }

  /**
   * Take the seat, and keep it from now on.
   * @param {Media} media
   */
  enter(media) {
    this.#media = media;
    this.#socket.connect();
  }

  /** Give the seat back. */
  async leave() {
    if (this.#seated) await this.#ask("leave", {}).catch(() => undefined);
    this.#finish(() => undefined);
  }

  /** @param {Media} media */
  async tell(media) {
    this.#media = media;
    if (this.#seated) await this.#ask("media", media);
  }

  /**
   * @param {string} sdp
   * @returns {Promise<string>} the answer
   */
  async offer(sdp) {
    await this.#seat();
    return (await this.#ask("offer", { sdp })).answer;
  }

  /** @param {string} text */
  async say(text) {
    await this.#seat();
    await this.#ask("say", { text });
  }

  /** @param {number} product */
  async show(product) {
    await this.#seat();
    await this.#ask("show", { product });
  }

  /**
   * Put one of it into the basket.
   * @param {number} variant
   * @returns {Promise<string>} its name
   */
  async pick(variant) {
    await this.#seat();
    return (await this.#ask("pick", { variant })).name;
  }

  /**
   * So many of a line of the basket from now on; 0 takes it out.
   * @param {number} line
   * @param {number} quantity
   */
  async pieces(line, quantity) {
    await this.#seat();
    await this.#ask("pieces", { line, quantity });
  }

  /** Side by side; none puts everything away. @param {number[]} products */
  async compare(products) {
    await this.#seat();
    await this.#ask("compare", { products });
  }

  /** @param {number} variant */
  async choose(variant) {
    await this.#seat();
    await this.#ask("choose", { variant });
  }

  /**
   * The customer asks to be shown this one on the picture.
   * @param {number} product
   * @param {number | null} variant
   */
  async want(product, variant) {
    await this.#seat();
    await this.#ask("want", { product, variant });
  }

  /** Something speaks against the line: where a fresh connection stands before it answers, it is made anew. */
  async doubt() {
    if (!this.#socket.connected || this.#doubting) return;
    this.#doubting = true;
    const asking = new AbortController();
    const answered = this.#socket.timeout(ANSWER_WITHIN).emitWithAck("here", {});
    const stands = await Promise.race([
      answered.then(() => true, () => true), // cut while we asked: that is seen to elsewhere
      reached(asking.signal).then(() => false),
    ]);
    asking.abort();
    this.#doubting = false;
    if (!stands) this.#again(0);
  }

  /** @param {{setup: number | null, samples: import("./figures.js").Sample[]}} figures */
  async count(figures) {
    if (!this.#seated) throw new Refusal({ error: "timeout" });
    await this.#ask("figures", figures);
  }

  /** @param {Asked["what"]} what */
  async request(what) {
    await this.#seat();
    await this.#ask("ask", { what });
  }

  /** Everything stops. @param {string} cause */
  async stop(cause) {
    await this.#seat();
    await this.#ask("stop", { cause });
  }

  /** Ask everybody whether the call may be recorded. */
  async record() {
    await this.#seat();
    await this.#ask("record", {});
  }

  /** @param {boolean} yes */
  async agree(yes) {
    await this.#seat();
    await this.#ask("agree", { yes });
  }

  /** No more of it. */
  async unrecord() {
    await this.#seat();
    await this.#ask("unrecord", {});
  }

  /** @param {import("./optics.js").Lens} lens */
  async lens(lens) {
    if (this.#seated) await this.#ask("lens", lens);
  }

  /**
   * @param {Wished["what"]} what
   * @param {number} to
   */
  async wish(what, to) {
    await this.#seat();
    await this.#ask("wish", { what, to });
  }

  /**
   * Point at a place, or no more. Lost without harm.
   * @param {Pointed["of"]} of
   * @param {Point | null} at
   */
  point(of, at) {
    if (this.#seated) (at ? this.#socket.volatile : this.#socket).emit("point", { of, at });
  }

  /** A mark in the making; what is kept is said by `mark`. @param {Stretch} stretch */
  stroke(stretch) {
    if (this.#seated) this.#socket.emit("stroke", stretch);
  }

  /** @param {Drawn & {still: number}} drawn @returns {Promise<Mark>} */
  async mark(drawn) {
    await this.#seat();
    return (await this.#ask("mark", drawn)).mark;
  }

  /**
   * Erase marks, or put them back.
   * @param {{still: number, names: string[], gone: boolean}} marks
   */
  async erase(marks) {
    await this.#seat();
    await this.#ask("erase", marks);
  }

  /**
   * Open a still between all, or none.
   * @param {number | null} still
   * @returns {Promise<Laid>}
   */
  async board(still) {
    await this.#seat();
    return this.#ask("board", { still });
  }

  /**
   * Have somebody's page make a still of its own picture now.
   * @param {Freeze["of"]} of
   * @param {string} once
   */
  async freeze(of, once) {
    await this.#seat();
    await this.#ask("freeze", { of, once });
  }

  /**
   * Ask a third person in.
   * @returns {Promise<{link: string, qr: string}>}
   */
  async invite() {
    await this.#seat();
    return this.#ask("invite", {});
  }

  /** Take that back: whoever came by it is put out. */
  async uninvite() {
    await this.#seat();
    await this.#ask("uninvite", {});
  }

  async #sit() {
    try {
      const seated = await this.#ask("enter", this.#media);
      this.#seated = true;
      for (const go of this.#awaiting.splice(0)) go();
      this.#hear.entered(seated);
    } catch (refusal) {
      if (!(refusal instanceof Refusal) || refusal.code === "timeout") this.#again(1_000);
      else this.#finish(() => this.#hear.refused(refusal));
    }
  }

  /** Resolves once we are seated; what is asked while the line is down waits here. */
  #seat() {
    if (this.#seated) return Promise.resolve();
    return new Promise((resolve, reject) => {
      this.#awaiting.push(() => resolve(undefined));
      setTimeout(() => reject(new Refusal({ error: "timeout" })), ANSWER_WITHIN);
    });
  }

  /**
   * @param {string} event
   * @param {object} payload
   * @returns {Promise<any>}
   */
  async #ask(event, payload) {
    let told;
    const slow = setTimeout(() => this.doubt(), SLOW);
    try {
      told = await this.#socket.timeout(ANSWER_WITHIN).emitWithAck(event, payload);
    } catch {
      throw new Refusal({ error: "timeout" });
    } finally {
      clearTimeout(slow);
    }
    if (told.error) throw new Refusal(told);
    return told;
  }

  /** The page was asleep: a line that stands is doubted, one that is being made again is made at once. */
  #wake() {
    if (this.#socket.connected) void this.doubt();
    else if (this.#socket.active) this.#again(0);
  }

  /** @param {string} why */
  #cut(why) {
    this.#seated = false;
    this.#socket.sendBuffer = []; // who waits for an answer hears now that none comes, and asks anew once we are seated
    this.#hear.down();
    if (why === "io server disconnect") this.#again(1_000); // the library leaves this one to us
  }

  /** @param {number} pause  ms */
  #again(pause) {
    this.#socket.disconnect();
    clearTimeout(this.#retry);
    this.#retry = setTimeout(() => this.#socket.connect(), pause);
  }

  /** @param {any} error */
  #failed(error) {
    if (error?.data?.error) this.#finish(() => this.#hear.refused(new Refusal(error.data)));
    else this.#hear.down();
  }

  /** @param {() => void} tell */
  #finish(tell) {
    this.#seated = false;
    clearTimeout(this.#retry);
    this.#socket.off("disconnect");
    this.#socket.disconnect();
    this.#socket.on("disconnect", (/** @type {string} */ why) => this.#cut(why));
    tell();
  }
}

/**
 * Resolves once a fresh connection to the appliance stands, and whatever was begun before has had as long once more.
 * @param {AbortSignal} stop
 */
async function reached(stop) {
  while (!stop.aborted) {
    const began = performance.now();
    const stands = await opens();
    await rest(stands ? performance.now() - began : BETWEEN_TRIES);
    if (stands) return;
  }
}

/** Whether a new connection opens in time. A WebSocket never takes an old one that the browser kept. */
function opens() {
  return new Promise((/** @type {(stands: boolean) => void} */ resolve) => {
    const probe = new WebSocket(`${location.origin.replace("http", "ws")}/socket.io/?EIO=4&transport=websocket`);
    const tell = (/** @type {boolean} */ stands) => {
      resolve(stands);
      probe.close();
    };
    probe.onopen = () => tell(true);
    probe.onerror = () => tell(false);
    setTimeout(() => tell(false), QUICK_TRY);
  });
}

/** @param {number} ms */
function rest(ms) {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
