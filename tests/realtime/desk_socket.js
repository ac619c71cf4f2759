// The desk's own socket without its desk: says, line by line, what happens to it. For tests/realtime/test_lines.py.
import { effect } from "@preact/signals";
import { createSocket } from "desk/socket.js";

const [, , url, cookie] = process.argv;
const say = (/** @type {object} */ line) => console.log(JSON.stringify({ at: Date.now() / 1000, ...line }));
const options = { headers: { cookie, origin: url.replace("ws://", "http://").replace(/\/ws\/$/, "") } };

const socket = createSocket({
  url,
  // Node's WebSocket takes headers, which a browser sets by itself.
  open: (to) => new WebSocket(to, /** @type {any} */ (options)),
  onFrame: () => {},
  onOnline: () => {
    say({ what: "online" });
    socket.caughtUp();
  },
  onSessionEnded: () => say({ what: "ended" }),
});
effect(() => say({ what: socket.connection.value.state }));
socket.watch("list", "inbox", { filter: {} }, (frame) => say({ what: frame.type, row: frame.row?.preview }));
socket.start();
