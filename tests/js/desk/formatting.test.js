import assert from "node:assert/strict";
import { test } from "node:test";
import { countdown, createFormatter, duration, stopwatch, waitingTime, waitingTone, windowGauge } from "desk/formatting.js";

const HOUR = 3_600_000;
const MINUTE = 60_000;
const plain = (/** @type {string} */ text) => text.replaceAll("\u00a0", " ");
const NOW = Date.parse("2026-11-21T13:21:07Z");

// shows: P0-48
test("times are those of the user's zone, and days too", () => {
  const asuncion = createFormatter({ locale: "es", timeZone: "America/Asuncion" });
  assert.equal(asuncion.time("2026-11-21T13:14:00Z"), "10:14");
  assert.equal(asuncion.timeWithSeconds(NOW), "10:21:07");
  // 01:30 UTC of the 21st is still the 20th there.
  assert.equal(asuncion.dayKey("2026-11-21T01:30:00Z"), "2026-11-20");
  assert.equal(createFormatter({ locale: "es", timeZone: "Europe/Madrid" }).time("2026-11-21T13:14:00Z"), "14:14");
});

test("a row says the time today, yesterday, the weekday, then the date", () => {
  const { rowTime } = createFormatter({ locale: "es", timeZone: "America/Asuncion" });
  assert.equal(rowTime("2026-11-21T12:58:00Z", NOW), "09:58");
  assert.equal(rowTime("2026-11-20T12:58:00Z", NOW), "yesterday");
  assert.equal(rowTime("2026-11-18T12:58:00Z", NOW), "mié");
  assert.equal(rowTime("2026-11-12T12:58:00Z", NOW), "12 nov");
  assert.equal(rowTime("2025-11-12T12:58:00Z", NOW), "12 nov 2025");
});

test("separators name the day", () => {
  const { dayLabel } = createFormatter({ locale: "es", timeZone: "America/Asuncion" });
  assert.equal(dayLabel("2026-11-21T12:00:00Z", NOW), "Today, sábado 21 de noviembre");
  assert.equal(dayLabel("2026-11-20T12:00:00Z", NOW), "Yesterday, viernes 20 de noviembre");
  assert.equal(dayLabel("2026-11-12T12:00:00Z", NOW), "Jueves 12 de noviembre");
});

test("figures follow the language", () => {
  const es = createFormatter({ locale: "es-PY" });
  assert.equal(es.number(118704), "118.704");
  assert.equal(plain(es.bytes(184_310)), "184 kB");
  assert.equal(plain(es.bytes(4_200_000)), "4,2 MB");
  assert.equal(plain(createFormatter({ locale: "en" }).bytes(4_200_000)), "4.2 MB");
});

test("an unknown zone or language does not take the desk down", () => {
  assert.match(createFormatter({ locale: "no such language", timeZone: "Mars/Olympus" }).time(NOW), /^\d\d:\d\d$/);
});

test("durations", () => {
  assert.deepEqual([48_000, 12 * MINUTE, 100 * MINUTE, 65 * MINUTE, 2 * HOUR, 50 * HOUR, -5].map((ms) => plain(duration(ms))), ["48 s", "12 min", "1 h 40", "1 h 05", "2 h", "2 d", "0 s"]);
  assert.equal(plain(waitingTime(10_000)), "1 min");
  assert.deepEqual([23 * HOUR + 41 * MINUTE, 41 * MINUTE, 65_000, 48_000, 0].map((ms) => plain(countdown(ms))), ["23 h 41 min", "41 min", "1 min 05 s", "48 s", "0 s"]);
  assert.equal(stopwatch(HOUR + 42 * MINUTE + 7000), "1:42:07");
});

// shows: P0-14
test("the window gauge: grey, amber under two hours, red under fifteen minutes, shut at zero", () => {
  const gauge = (/** @type {number} */ left) => windowGauge(new Date(NOW + left).toISOString(), NOW);
  assert.equal(windowGauge(null, NOW), null);
  assert.deepEqual([gauge(20 * HOUR)?.tone, gauge(119 * MINUTE)?.tone, gauge(14 * MINUTE)?.tone], ["", "warning", "danger"]);
  assert.deepEqual([gauge(1)?.open, gauge(0)?.open, gauge(-HOUR)?.percent], [true, false, 0]);
  assert.equal(Math.round(gauge(12 * HOUR)?.percent ?? 0), 50);
  assert.ok((gauge(1000)?.percent ?? 0) >= 1);
});

// shows: P0-3
test("waiting: faint, amber after five minutes, red after fifteen", () => {
  assert.deepEqual([4, 5, 14, 15].map((minutes) => waitingTone(minutes * MINUTE)), ["", "warning", "warning", "danger"]);
  const promise = { sla_optimal_s: 120, sla_low_s: 600 };
  assert.deepEqual([1, 2, 9, 10].map((minutes) => waitingTone(minutes * MINUTE, promise)), ["", "warning", "warning", "danger"]);
});
