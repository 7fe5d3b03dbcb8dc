/**
 * Photos that did not leave yet, kept by the browser itself: a reload, or a page that the telephone put away, loses none.
 * Where the browser keeps nothing they live as long as the page.
 *
 * @typedef {Object} Kept
 * @property {string} once
 * @property {string} url  Where it is to go.
 * @property {Blob} photo
 * @property {string} [of]  What it shows.
 * @property {number} at  ms since 1970.
 */

const NAME = "outbox";
const LASTS = 24 * 3_600_000; // ms

/** @type {Promise<IDBDatabase> | undefined} */
let opened;

function open() {
  opened ??= new Promise((resolve, reject) => {
    const asked = indexedDB.open(NAME, 1);
    asked.onupgradeneeded = () => asked.result.createObjectStore(NAME, { keyPath: "once" });
    asked.onsuccess = () => resolve(asked.result);
    asked.onerror = () => reject(asked.error);
  });
  return opened;
}

/**
 * @template T
 * @param {IDBTransactionMode} mode
 * @param {(store: IDBObjectStore) => IDBRequest<T>} act
 * @returns {Promise<T | undefined>}
 */
async function run(mode, act) {
  try {
    const asked = act((await open()).transaction(NAME, mode).objectStore(NAME));
    return await new Promise((resolve, reject) => {
      asked.onsuccess = () => resolve(asked.result);
      asked.onerror = () => reject(asked.error);
    });
  } catch {
    return undefined; // a private window, or a full telephone
  }
}

/** @param {Kept} sending */
export function keep(sending) {
  return run("readwrite", (store) => store.put(sending));
}

/** @param {string} once */
export function forget(once) {
  return run("readwrite", (store) => store.delete(once));
}

/**
 * What still waits to go there or below, the oldest first; what is a day old is given up.
 * @param {string} url
 * @returns {Promise<Kept[]>}
 */
export async function waiting(url) {
  const all = /** @type {Kept[]} */ ((await run("readonly", (store) => store.getAll())) ?? []);
  for (const old of all.filter(({ at }) => at < Date.now() - LASTS)) await forget(old.once);
  return all.filter((one) => one.url.startsWith(url) && one.at >= Date.now() - LASTS).sort((a, b) => a.at - b.at);
}
