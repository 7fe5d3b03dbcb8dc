/** The desk's line to the appliance: it says when who waits, or who is in a call, has changed. One for all modules. */

import { io } from "../vendor/socket.io.esm.min.js";

const socket = io({ auth: {} });

/** Now and again: `look` when something changed, and after each time the line was cut. @param {() => void} look */
export function onChange(look) {
  socket.on("desk", look);
  socket.io.on("reconnect", look);
}
