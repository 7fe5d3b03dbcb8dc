/** How loud the microphone is, as five bars. */

const LOUD = [0.01, 0.03, 0.07, 0.14, 0.25]; // of full scale, one a bar
const EVERY = 100; // ms

/** Shows one track's loudness on a `.meter`. */
export class Meter {
  /** @type {AudioContext | null} */ #context = null;
  /** @type {AnalyserNode | null} */ #analyser = null;
  /** @type {MediaStreamAudioSourceNode | null} */ #source = null;
  #timer = 0;

  /**
   * @param {HTMLElement} bars
   * @param {() => void} onHeard  The first time that something is heard.
   */
  constructor(bars, onHeard) {
    this.bars = bars;
    this.onHeard = onHeard;
    this.heard = false;
  }

  /** @param {MediaStreamTrack | null} track */
  listen(track) {
    clearInterval(this.#timer);
    this.#source?.disconnect();
    this.#source = null;
    if (!track) return this.#show(0);
    this.#context ??= new AudioContext();
    this.#analyser ??= this.#context.createAnalyser();
    this.#source = this.#context.createMediaStreamSource(new MediaStream([track]));
    this.#source.connect(this.#analyser);
    this.#timer = setInterval(() => this.#look(), EVERY);
  }

  /** A touch of the page lets the browser listen. */
  touch() {
    return this.#context?.resume();
  }

  #look() {
    const wave = new Float32Array(this.#analyser?.fftSize ?? 0);
    this.#analyser?.getFloatTimeDomainData(wave);
    const level = wave.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
    this.#show(LOUD.filter((step) => level >= step).length);
  }

  /** @param {number} bars */
  #show(bars) {
    [...this.bars.children].forEach((bar, at) => bar.classList.toggle("off", at >= bars));
    if (bars > 1 && !this.heard) {
      this.heard = true;
      this.onHeard();
    }
  }
}
