import assert from "node:assert/strict";
import { mock, test } from "node:test";

import { backoff, debounce, sleep, throttle } from "lib/timing.js";

test("debounce calls once, with the last arguments", () => {
  mock.timers.enable({ apis: ["setTimeout"] });
  const action = mock.fn();
  const call = debounce(action, 100);
  call(1);
  mock.timers.tick(99);
  call(2);
  mock.timers.tick(100);
  assert.deepEqual(action.mock.calls.map((entry) => entry.arguments), [[2]]);
  mock.timers.reset();
});

test("flush runs what waits, once; cancel forgets it", () => {
  mock.timers.enable({ apis: ["setTimeout"] });
  const action = mock.fn();
  const call = debounce(action, 100);
  call("now");
  call.flush();
  call.flush();
  call("never");
  call.cancel();
  mock.timers.tick(1000);
  assert.equal(action.mock.callCount(), 1);
  mock.timers.reset();
});

test("throttle runs the first at once and never loses the last", () => {
  mock.timers.enable({ apis: ["setTimeout"] });
  const action = mock.fn();
  const call = throttle(action, 50);
  call("first");
  call("lost");
  call("last");
  assert.deepEqual(action.mock.calls.map((entry) => entry.arguments[0]), ["first"]);
  mock.timers.tick(50);
  assert.deepEqual(action.mock.calls.map((entry) => entry.arguments[0]), ["first", "last"]);
  mock.timers.reset();
});

test("backoff doubles, is capped, and spreads", () => {
  const least = { random: () => 0 };
  assert.deepEqual([0, 1, 2].map((attempt) => backoff(attempt, least)), [250, 500, 1000]);
  assert.equal(backoff(40, { random: () => 1 }), 15_000);
});

test("sleep ends early when told to", async () => {
  await assert.rejects(sleep(10_000, AbortSignal.abort(new Error("enough"))), /enough/);
});
