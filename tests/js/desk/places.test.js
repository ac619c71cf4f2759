// A place out of what agents paste.

import assert from "node:assert/strict";
import { test } from "node:test";
import { readPlace } from "desk/places.js";

/** @param {string} text */
const at = (text) => {
  const read = readPlace(text);
  return "place" in read ? [read.place.latitude, read.place.longitude, read.place.name] : read.problem;
};

// shows: P1-22 001-36
test("coordinates in every usual form", () => {
  for (const text of ["-25.2867, -57.6333", " -25.2867,-57.6333 ", "(-25.2867, -57.6333)", "-25,2867; -57,6333", "-25.2867 -57.6333"]) {
    assert.deepEqual(at(text), [-25.2867, -57.6333, ""], text);
  }
  assert.deepEqual(at("25°17'12.12\"S 57°37'59.88\"W"), [-25.2867, -57.6333, ""]);
  assert.deepEqual(at("25°17′12,12″S, 57°37′59,88″O"), [-25.2867, -57.6333, ""]);
  assert.deepEqual(at("40°N 3°E"), [40, 3, ""]);
});

// shows: P1-22
test("links of maps: the place itself, not the middle of the picture", () => {
  const links = {
    "https://www.google.com/maps/place/Plaza+Uruguaya/@-25.2,-57.6,17z/data=!3m1!4b1!4m6!3m5!8m2!3d-25.2829!4d-57.6289": [-25.2829, -57.6289, "Plaza Uruguaya"],
    "https://www.google.com/maps/search/?api=1&query=-25.2829%2C-57.6289": [-25.2829, -57.6289, ""],
    "https://maps.google.com/?q=-25.2829,-57.6289&z=17": [-25.2829, -57.6289, ""],
    "https://www.google.com/maps/@-25.2829,-57.6289,15z": [-25.2829, -57.6289, ""],
    "https://www.google.com/maps/search/-25.2829,+-57.6289?entry=tts": [-25.2829, -57.6289, ""],
    "https://www.openstreetmap.org/?mlat=-25.2829&mlon=-57.6289#map=18/-25.1/-57.1": [-25.2829, -57.6289, ""],
    "https://www.openstreetmap.org/#map=18/-25.2829/-57.6289": [-25.2829, -57.6289, ""],
    "https://maps.apple.com/?ll=-25.2829,-57.6289&q=Casa": [-25.2829, -57.6289, ""],
    "https://maps.apple.com/place?coordinate=-25.2829,-57.6289": [-25.2829, -57.6289, ""],
    "https://waze.com/ul?ll=-25.2829%2C-57.6289&navigate=yes": [-25.2829, -57.6289, ""],
    "geo:-25.2829,-57.6289": [-25.2829, -57.6289, ""],
    "geo:0,0?q=-25.2829,-57.6289(Casa%20de%20Rocío)": [-25.2829, -57.6289, "Casa de Rocío"],
    "Mira: https://maps.google.com/?q=-25.2829,-57.6289 es acá": [-25.2829, -57.6289, ""],
  };
  for (const [link, place] of Object.entries(links)) assert.deepEqual(at(link), place, link);
});

test("what cannot be read says which of the reasons it is", () => {
  assert.equal(at("https://maps.app.goo.gl/abc123"), "short");
  assert.equal(at("https://goo.gl/maps/abc"), "short");
  assert.equal(at("https://example.com/"), "unknown");
  assert.equal(at("Mcal. Estigarribia 512"), "unknown");
  assert.equal(at(""), "unknown");
  assert.equal(at("95.1, 10.2"), "range");
  assert.equal(at("https://maps.google.com/?q=%E0%A4%A"), "unknown");
});
