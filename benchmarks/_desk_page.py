"""What stands in the measured page before anything of ours does: it notes when things are painted. Times are of this machine's one clock."""

from __future__ import annotations

# `painted(test)` is called for what enters the document; the frame that shows it ends before the task after the next frame begins.
PROBE = """
(() => {
  const now = () => performance.timeOrigin + performance.now();
  const probe = (window.probe = { seen: {}, keys: [], events: [], lcp: 0, cls: 0, list: 0, now });
  const afterPaint = (done) => requestAnimationFrame(() => { const channel = new MessageChannel(); channel.port1.onmessage = () => done(now()); channel.port2.postMessage(0); });
  probe.afterPaint = () => new Promise(afterPaint);
  const marks = /medida-[a-z]+-\\d+z/gu;
  const look = (node) => {
    if (!(node instanceof Element)) node = node.parentElement;
    if (!node) return;
    const bubbles = node.matches(".message, .message *") ? [node.closest(".message")] : [...node.querySelectorAll(".message")];
    for (const bubble of bubbles) for (const mark of bubble?.textContent.match(marks) ?? []) if (!(mark in probe.seen)) { probe.seen[mark] = 0; afterPaint((at) => (probe.seen[mark] = at)); }
    if (!probe.list && (node.matches(".conversation-row") || node.querySelector(".conversation-row"))) { probe.list = -1; afterPaint((at) => (probe.list = at - performance.timeOrigin)); }
  };
  new MutationObserver((all) => { for (const one of all) { for (const node of one.addedNodes) look(node); if (one.type === "characterData") look(one.target); } })
    .observe(document, { childList: true, subtree: true, characterData: true });
  addEventListener("keydown", (event) => probe.keys.push(performance.timeOrigin + event.timeStamp), true);
  new PerformanceObserver((list) => { for (const entry of list.getEntries()) probe.events.push({ name: entry.name, duration: entry.duration, interaction: entry.interactionId }); })
    .observe({ type: "event", durationThreshold: 16, buffered: true });
  new PerformanceObserver((list) => { for (const entry of list.getEntries()) probe.lcp = entry.startTime; }).observe({ type: "largest-contentful-paint", buffered: true });
  new PerformanceObserver((list) => { for (const entry of list.getEntries()) if (!entry.hadRecentInput) probe.cls += entry.value; }).observe({ type: "layout-shift", buffered: true });
})();
"""

# Scrolls as a wheel does, a fixed way in every frame, and notes how long each frame took.
SCROLL = """
async ({ selector, seconds, step }) => {
  const pane = document.querySelector(selector);
  const frames = []; let most = 0; let last = performance.now(); let way = step;
  const until = last + seconds * 1000;
  await new Promise((resolve) => {
    const frame = (time) => {
      const at = performance.now(); frames.push(at - last); last = at;
      most = Math.max(most, document.querySelectorAll("*").length);
      const before = pane.scrollTop; pane.scrollTop += way; if (pane.scrollTop === before) way = -way;
      if (at < until) requestAnimationFrame(frame); else resolve(time);
    };
    requestAnimationFrame(frame);
  });
  return { frames: frames.slice(1), nodes: most, rows: Math.round(pane.scrollHeight) };
}
"""

# From the press to the frame in which the conversation's own words stand.
SWITCH = """
async ({ id, mark, patience }) => {
  const row = [...document.querySelectorAll(".conversation-row")].find((each) => new URL(each.href).searchParams.get("c") === String(id));
  if (!row) return null;
  const began = performance.now();
  row.click();
  for (;;) {
    const found = [...document.querySelectorAll(".message")].filter((each) => each.textContent.includes(mark));
    if (found.length > 0) { await probe.afterPaint(); return { ms: performance.now() - began, messages: document.querySelectorAll(".message").length }; }
    if (performance.now() - began > patience) return null;
    await new Promise((resolve) => requestAnimationFrame(resolve));
  }
}
"""
