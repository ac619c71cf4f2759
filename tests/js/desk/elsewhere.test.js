// What reaches an agent who looks elsewhere, without a browser: sounds, tabs, and messages that outlive their tab.

import assert from "node:assert/strict";
import { test } from "node:test";
import { createOutbox } from "desk/outbox.js";
import { createSounds, SOUND_EVERY_MS } from "desk/sounds.js";
import { createTabs } from "desk/tabs.js";

function storage() {
  const kept = new Map();
  return {
    getItem: (name) => kept.get(name) ?? null,
    setItem: (name, text) => void kept.set(name, text),
    removeItem: (name) => void kept.delete(name),
    key: (index) => [...kept.keys()][index] ?? null,
    get length() {
      return kept.size;
    },
  };
}

/** Locks as a browser has them: held until the tab that holds them is closed. */
function locksOf() {
  const held = new Map();
  return {
    held,
    tab: (name) => ({
      request(lock, options, action) {
        const run = typeof options === "function" ? options : action;
        if (held.has(lock)) return options.ifAvailable ? Promise.resolve(run(null)) : new Promise(() => {});
        held.set(lock, name);
        const done = Promise.resolve(run({ name: lock }));
        if (options.ifAvailable) void done.then(() => held.delete(lock));
        return done;
      },
    }),
    close: (name) => [...held].filter(([, who]) => who === name).forEach(([lock]) => held.delete(lock)),
  };
}

/** Channels of tabs that hear each other. */
function air() {
  const all = [];
  return () => {
    const mine = { onmessage: null, postMessage: (data) => all.filter((each) => each !== mine).forEach((each) => each.onmessage?.({ data })) };
    all.push(mine);
    return mine;
  };
}

function clockwork() {
  let now = 10_000;
  const timers = [];
  return {
    platform: { now: () => now, setTimeout: (run, ms) => timers.push({ at: now + ms, run }) },
    pass(ms) {
      const until = now + ms;
      for (;;) {
        const next = timers.filter((each) => each.at <= until).sort((a, b) => a.at - b.at)[0];
        if (!next) break;
        timers.splice(timers.indexOf(next), 1);
        now = next.at;
        next.run();
      }
      now = until;
    },
  };
}

// shows: P0-37
test("a burst is one sound, of what weighs most, and the next comes two seconds later at the earliest", () => {
  const { platform, pass } = clockwork();
  const played = [];
  const sounds = createSounds({ userId: 1, tabs: { leads: () => true, isSeen: () => false }, storage: storage(), platform, play: (kind) => played.push([kind, platform.now()]) });
  sounds.hear({ kind: "waiting", conversation: 1 });
  for (let index = 0; index < 20; index += 1) sounds.hear({ kind: "message", conversation: index });
  pass(10);
  assert.deepEqual(played.map(([kind]) => kind), ["message"]);
  sounds.hear({ kind: "waiting", conversation: 2 });
  pass(SOUND_EVERY_MS - 100);
  assert.equal(played.length, 1);
  pass(200);
  assert.equal(played.length, 2);
  assert.ok(played[1][1] - played[0][1] >= SOUND_EVERY_MS);
});

// shows: P0-37
test("what somebody looks at, what is silenced and what is unknown make no sound; the volume is kept", () => {
  const { platform, pass } = clockwork();
  const kept = storage();
  const played = [];
  const make = () => createSounds({ userId: 1, tabs: { leads: () => true, isSeen: (id) => id === 7 }, storage: kept, platform, play: (kind, volume) => played.push([kind, volume]) });
  const sounds = make();
  sounds.setVolume("waiting", 0);
  sounds.setVolume("message", 250);
  sounds.hear({ kind: "message", conversation: 7 });
  sounds.hear({ kind: "waiting", conversation: 8 });
  sounds.hear({ kind: "nonsense", conversation: 8 });
  pass(5_000);
  assert.deepEqual(played, []);
  const again = make();
  assert.deepEqual([again.volumes.value.waiting, again.volumes.value.message], [0, 100]);
  again.hear({ kind: "message", conversation: 8 });
  pass(10);
  assert.deepEqual(played, [["message", 1]]);
  kept.setItem("ventanilla.sounds.1", "{not json");
  assert.ok(make().volumes.value.message > 0);
});

// shows: P1-42
test("of several tabs one sounds, it knows what the others look at, and the next takes over", () => {
  const locks = locksOf();
  const channel = air();
  const tabs = ["a", "b"].map((name) => createTabs({ userId: 1, locks: locks.tab(name), channel, newId: () => name }));
  tabs.forEach((each) => each.start());
  assert.deepEqual(tabs.map((each) => each.leads()), [true, false]);
  tabs[1].look(7);
  assert.equal(tabs[0].isSeen(7), true);
  tabs[1].look(null);
  assert.equal(tabs[0].isSeen(7), false);
  // One that comes later asks what is looked at.
  tabs[0].look(9);
  const late = createTabs({ userId: 1, locks: locks.tab("c"), channel, newId: () => "c" });
  late.start();
  assert.equal(late.isSeen(9), true);
  assert.equal(createTabs({ userId: 1, locks: undefined, channel: () => null }).leads(), true);
});

// shows: P1-41
test("messages of a tab that is gone are taken over once, those of a living one are left to it", async () => {
  const kept = storage();
  const locks = locksOf();
  const first = createOutbox({ userId: 1, tab: "a", storage: kept, locks: locks.tab("a") });
  await first.adopt(() => assert.fail("there was nothing"));
  first.setItem("", JSON.stringify([{ client_id: "1" }, { client_id: "2" }]));
  createOutbox({ userId: 2, tab: "x", storage: kept, locks: locks.tab("x") }).setItem("", JSON.stringify([{ client_id: "other person" }]));
  const taken = [];
  const second = createOutbox({ userId: 1, tab: "b", storage: kept, locks: locks.tab("b") });
  await second.adopt((messages) => taken.push(...messages));
  assert.deepEqual(taken, [], "its tab lives");
  locks.close("a");
  await createOutbox({ userId: 1, tab: "c", storage: kept, locks: locks.tab("c") }).adopt((messages) => taken.push(...messages));
  await createOutbox({ userId: 1, tab: "d", storage: kept, locks: locks.tab("d") }).adopt((messages) => taken.push(...messages));
  assert.deepEqual(taken.map((each) => each.client_id), ["1", "2"]);
  assert.equal(first.getItem(), null);
});
