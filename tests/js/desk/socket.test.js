import assert from "node:assert/strict";
import { test } from "node:test";
import { createSocket, LONGEST_DELAY_MS, PING_MS, PONG_GRACE_MS, reconnectDelay, returnDelay } from "desk/socket.js";
import { chance, stoppedTime } from "./cast.js";

/** Sockets that do what the test says. */
function network() {
  /** @type {any[]} */
  const opened = [];
  const platform = stoppedTime();
  /** @type {string[]} */
  const heard = [];
  /** @type {unknown[]} */
  const troubles = [];
  const socket = createSocket({
    url: "ws://desk/",
    open: () => {
      /** @type {any} */
      const one = { readyState: 1, sent: [], send: (/** @type {string} */ text) => one.sent.push(JSON.parse(text)), close: () => (one.closed = true) };
      opened.push(one);
      return one;
    },
    onFrame: (frame) => heard.push(frame.type),
    onOnline: () => heard.push("ONLINE"),
    onSessionEnded: () => heard.push("ENDED"),
    onRefused: () => heard.push("REFUSED"),
    onTrouble: (error) => troubles.push(error),
    platform,
  });
  const last = () => opened.at(-1);
  const say = (/** @type {object} */ frame) => last().onmessage({ data: JSON.stringify(frame) });
  return { socket, platform, opened, heard, troubles, last, say, hello: () => say({ type: "hello" }), drop: (/** @type {number} */ code) => last().onclose({ code }) };
}

test("delays double, are capped, and are spread", () => {
  const random = chance(1);
  for (let attempt = 0; attempt < 20; attempt += 1) {
    const whole = Math.min(LONGEST_DELAY_MS, 500 * 2 ** attempt);
    const delay = reconnectDelay(attempt, random);
    assert.ok(delay >= whole / 2 && delay <= whole);
  }
});

// shows: R24
test("who finds nobody at the first try spreads over what the server said all tabs need", () => {
  const random = chance(2);
  const first = Array.from({ length: 200 }, () => returnDelay(0, 15_000, random));
  assert.ok(Math.max(...first) <= 500, "one lost line is no reason to wait");
  const second = Array.from({ length: 200 }, () => returnDelay(1, 15_000, random));
  assert.ok(Math.min(...second) >= 500 && Math.max(...second) > 13_000);
  const early = second.filter((delay) => delay < 7_500).length;
  assert.ok(early > 70 && early < 130, `${early} of 200 in the first half`);
});

// shows: R24
test("the newest word of the server on returning counts", async () => {
  const { socket, platform, opened, say, drop } = network();
  socket.start();
  say({ type: "hello", return_within: 0 });
  say({ type: "pong", return_within: 12 });
  drop(1006);
  await platform.pass(1_000);
  assert.equal(opened.length, 2);
  drop(1006);
  await platform.pass(12_000);
  assert.equal(opened.length, 3);
});

// shows: P0-39, R21
test("watches are told again after every return, and each return is announced", async () => {
  const { socket, platform, opened, heard, last, hello, drop } = network();
  socket.watch("list", "inbox", { filter: { tray: "pending" } }, () => {});
  socket.start();
  hello();
  assert.deepEqual(last().sent, [{ type: "watch", watch: "list", topic: "inbox", filter: { tray: "pending" } }]);
  drop(1006);
  await platform.pass(1000);
  assert.equal(opened.length, 2);
  hello();
  assert.deepEqual(last().sent, [{ type: "watch", watch: "list", topic: "inbox", filter: { tray: "pending" } }]);
  assert.equal(heard.filter((each) => each === "ONLINE").length, 2);
});

test("frames of a watch that was replaced are not taken for the new one's", () => {
  const { socket, hello, say } = network();
  socket.start();
  hello();
  /** @type {string[]} */
  const first = [];
  /** @type {string[]} */
  const second = [];
  socket.watch("list", "inbox", { filter: { tray: "pending" } }, (frame) => first.push(frame.type));
  say({ type: "watching", watch: "list" });
  say({ type: "put", watch: "list" });
  socket.watch("list", "inbox", { filter: { tray: "attended" } }, (frame) => second.push(frame.type));
  say({ type: "put", watch: "list" });
  say({ type: "drop", watch: "list" });
  assert.deepEqual(second, []);
  say({ type: "watching", watch: "list" });
  say({ type: "put", watch: "list" });
  assert.deepEqual([first, second], [["watching", "put"], ["watching", "put"]]);
});

test("two quick changes of watch wait for both answers", () => {
  const { socket, hello, say } = network();
  socket.start();
  hello();
  /** @type {string[]} */
  const heard = [];
  for (const tray of ["pending", "in_progress", "attended"]) socket.watch("list", "inbox", { filter: { tray } }, (frame) => heard.push(`${tray} ${frame.type}`));
  for (let answer = 0; answer < 2; answer += 1) {
    say({ type: "watching", watch: "list" });
    say({ type: "put", watch: "list" });
  }
  assert.deepEqual(heard, []);
  say({ type: "watching", watch: "list" });
  assert.deepEqual(heard, ["attended watching"]);
});

test("a watch let go of and taken again does not take the first one's answer for its own", () => {
  const { socket, hello, say } = network();
  socket.start();
  hello();
  /** @type {string[]} */
  const heard = [];
  socket.watch("thread", "conversation", { conversation: 1 }, () => heard.push("first"));
  socket.unwatch("thread");
  socket.watch("thread", "conversation", { conversation: 2 }, () => heard.push("second"));
  say({ type: "watching", watch: "thread" });
  say({ type: "messages", watch: "thread" });
  assert.deepEqual(heard, []);
  say({ type: "watching", watch: "thread" });
  assert.deepEqual(heard, ["second"]);
});

// shows: P0-39
test("a connection that says nothing to a ping is half open and is replaced within 25 s", async () => {
  const { socket, platform, opened, last, say, hello } = network();
  socket.start();
  hello();
  await platform.pass(PING_MS);
  assert.deepEqual(last().sent.at(-1), { type: "ping" });
  say({ type: "pong" });
  await platform.pass(PING_MS);
  assert.equal(opened.length, 1);
  await platform.pass(PONG_GRACE_MS + 1000);
  assert.equal(opened.length, 2);
  assert.equal(opened[0].closed, true);
});

// shows: P0-39
test("half a second away is never shown; two seconds are, and the return is said for four", async () => {
  const { socket, platform, hello, drop } = network();
  socket.start();
  hello();
  drop(1006);
  await platform.pass(500);
  hello();
  socket.caughtUp();
  await platform.pass(5000);
  assert.equal(socket.connection.value.state, "online");
  drop(1006);
  await platform.pass(1900);
  assert.equal(socket.connection.value.state, "online");
  await platform.pass(200);
  assert.equal(socket.connection.value.state, "reconnecting");
  hello();
  assert.equal(socket.connection.value.state, "reconnecting");
  socket.caughtUp();
  assert.equal(socket.connection.value.state, "back");
  await platform.pass(4000);
  assert.equal(socket.connection.value.state, "online");
});

// shows: P0-39
test("a moment away while the return is still being said does not leave it said for ever", async () => {
  const { socket, platform, hello, drop } = network();
  socket.start();
  hello();
  drop(1006);
  await platform.pass(2_100);
  hello();
  socket.caughtUp();
  assert.equal(socket.connection.value.state, "back");
  await platform.pass(1_000);
  drop(1006);
  await platform.pass(1_500);
  hello();
  socket.caughtUp();
  await platform.pass(4_000);
  assert.equal(socket.connection.value.state, "online");
});

test("a return that is still reading is not shown as an absence", async () => {
  const { socket, platform, hello, drop } = network();
  socket.start();
  hello();
  drop(1006);
  await platform.pass(500);
  hello();
  await platform.pass(3000);
  assert.equal(socket.connection.value.state, "online");
});

test("after half a minute without success it says that there is no connection", async () => {
  const { socket, platform, hello, drop, last } = network();
  socket.start();
  hello();
  drop(1006);
  for (let second = 0; second < 35; second += 1) {
    await platform.pass(1000);
    last().onclose?.({ code: 1006 });
  }
  assert.equal(socket.connection.value.state, "offline");
});

test("an ended session goes to the login and does not come back by itself", async () => {
  const { socket, platform, opened, heard, hello, drop } = network();
  socket.start();
  hello();
  drop(4401);
  await platform.pass(120_000);
  assert.deepEqual([opened.length, heard.at(-1)], [1, "ENDED"]);
});

test("a refused handshake asks whether the session is over; a refused frame waits longer", async () => {
  const { socket, platform, opened, heard, hello, drop } = network();
  socket.start();
  drop(1006);
  assert.deepEqual(heard, ["REFUSED"]);
  await platform.pass(500);
  hello();
  const warn = console.warn;
  console.warn = () => {};
  drop(4400);
  console.warn = warn;
  await platform.pass(7000);
  assert.equal(opened.length, 2);
  await platform.pass(9000);
  assert.equal(opened.length, 3);
});

test("when somebody looks at the tab again it does not wait for its turn", async () => {
  const { socket, platform, opened, drop } = network();
  socket.start();
  for (let attempt = 0; attempt < 6; attempt += 1) {
    drop(1006);
    if (attempt < 5) await platform.pass(15_000);
  }
  const before = opened.length;
  socket.nudge();
  assert.equal(opened.length, before + 1);
  socket.nudge();
  assert.equal(opened.length, before + 1);
});

// shows: R25
test("a question whether it keeps up is answered with its number, behind everything before it", () => {
  const { socket, hello, last, say, heard } = network();
  socket.start();
  hello();
  say({ type: "me" });
  say({ type: "ask", number: 3 });
  assert.deepEqual(last().sent, [{ type: "answer", number: 3 }]);
  // It is between the two sockets alone.
  assert.deepEqual(heard, ["hello", "ONLINE", "me"]);
});

// shows: R26
test("frames that waited together come together and are taken in their order", () => {
  const { socket, hello, last, heard } = network();
  socket.start();
  hello();
  last().onmessage({ data: JSON.stringify([{ type: "me" }, { type: "presence" }, { type: "ask", number: 1 }]) });
  assert.deepEqual(heard, ["hello", "ONLINE", "me", "presence"]);
  assert.deepEqual(last().sent, [{ type: "answer", number: 1 }]);
});

// shows: R22
test("a frame that breaks its watch costs neither its siblings nor the watch, which reads again", () => {
  const { socket, hello, last, say, heard, troubles } = network();
  socket.watch("thread", "conversation", { conversation: 7 }, (frame) => {
    heard.push(`thread ${frame.type}`);
    if (frame.type === "messages") throw new Error("a bug in a view");
  });
  socket.watch("list", "inbox", { filter: {} }, (frame) => heard.push(`list ${frame.type}`));
  socket.start();
  hello();
  for (const watch of ["thread", "list"]) say({ type: "watching", watch });
  heard.length = last().sent.length = 0;
  say([{ type: "messages", watch: "thread", messages: [] }, { type: "put", watch: "list" }, { type: "presence" }]);
  assert.deepEqual(heard, ["thread messages", "list put", "presence"]);
  assert.deepEqual(last().sent, [{ type: "watch", watch: "thread", topic: "conversation", conversation: 7 }]);
  assert.equal(troubles.length, 1);
  // What is still on its way to the broken watch is older than the reading that comes.
  say([{ type: "messages", watch: "thread", messages: [] }, { type: "watching", watch: "thread" }]);
  assert.deepEqual(heard.slice(3), ["thread watching"]);
});

test("a watch that cannot even begin is not asked for over and over", () => {
  const { socket, hello, last, say, troubles } = network();
  socket.watch("list", "inbox", { filter: {} }, () => {
    throw new Error("a bug in a view");
  });
  socket.start();
  hello();
  say({ type: "watching", watch: "list" });
  assert.equal(troubles.length, 1);
  assert.equal(last().sent.length, 1);
});
