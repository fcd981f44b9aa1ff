// Comfort only: every page works without this file.
"use strict";

for (const form of document.querySelectorAll('form[data-comfort="submit"]')) {
  form.addEventListener("change", () => form.requestSubmit());
}

// --- several packets at once: how many are ticked, and all of the page with one tick ---------------------------------

const ticks = [...document.querySelectorAll('input[data-comfort="tick"]')];
const ticked = document.querySelector('[data-comfort="ticked"]');
if (ticks.length && ticked) {
  const all = document.createElement("input");
  const label = document.createElement("label");
  all.type = "checkbox";
  label.append(all, " all of this page");
  ticked.before(label);
  const count = () => {
    const chosen = ticks.filter((one) => one.checked).length;
    ticked.textContent = chosen ? `${chosen} ticked` : "";
    all.checked = chosen === ticks.length;
  };
  all.addEventListener("change", () => {
    for (const one of ticks) one.checked = all.checked;
    count();
  });
  for (const one of ticks) one.addEventListener("change", count);
  count(); // a browser may keep ticks when a page is gone back to
}

// --- what is new since the page was made: asked for, told, and shown when the reader wants it -------------------------

const EVERY = 5000;
const SELDOM = 60000;

for (const region of document.querySelectorAll("[data-live]")) {
  const notice = region.querySelector("p");
  const words = region.querySelector("span");
  const tell = (text) => {
    if (text === words.textContent) return; // what was read out once is not read out again
    words.textContent = text;
    notice.hidden = text === "";
  };
  const write = (texts) => {
    for (const place of document.querySelectorAll("[data-live-key]")) {
      const text = texts[place.dataset.liveKey];
      if (text === undefined) continue;
      if (place instanceof HTMLProgressElement) [place.value, place.max] = text.split("/").map(Number);
      else if (place.textContent !== text) place.textContent = text;
    }
  };
  const ask = async () => {
    let wait = EVERY;
    if (!document.hidden) {
      try {
        const answer = await fetch(region.dataset.live, { redirect: "manual", cache: "no-store" });
        if (answer.type === "opaqueredirect") {
          tell("Your session has ended, so nothing new is shown here. Sign in again");
          return;
        }
        if (answer.ok) {
          const told = await answer.json();
          write(told.texts ?? {});
          tell(told.words);
        } else {
          wait = SELDOM;
        }
      } catch {
        wait = SELDOM; // the network is away; the page says when it was made
      }
    }
    setTimeout(ask, wait);
  };
  setTimeout(ask, EVERY);
}

// --- keys, which can be switched off (WCAG 2.2, 2.1.4); / finds, ? lists them all -----------------------------------

const SWITCH = "clearbill-keys";
const kept = (() => {
  try {
    return window.localStorage;
  } catch {
    return new Map(); // a browser that keeps nothing for us
  }
})();
const areOn = () => kept[SWITCH] !== "off";

for (const shown of document.querySelectorAll('[data-comfort="keys-switch"]')) shown.hidden = false;
for (const box of document.querySelectorAll('[data-comfort="keys"]')) {
  box.checked = areOn();
  box.addEventListener("change", () => {
    kept[SWITCH] = box.checked ? "on" : "off";
    for (const other of document.querySelectorAll('[data-comfort="keys"]')) other.checked = box.checked;
  });
}
document.querySelector('[data-comfort="show-keys"]')?.addEventListener("click", (event) => {
  event.preventDefault();
  document.getElementById("keys").showModal();
});

const rows = () => [...document.querySelectorAll('a[data-comfort="row"]')];
const present = () => rows().findIndex((row) => row.closest("tr").contains(document.activeElement));
const onKey = {
  "/": () => document.getElementById("q")?.focus(),
  "?": () => document.getElementById("keys")?.showModal(),
  j: () => rows()[Math.min(present() + 1, rows().length - 1)]?.focus(),
  k: () => rows()[Math.max(present() - 1, 0)]?.focus(),
  x: () => document.activeElement.closest("tr")?.querySelector('[data-comfort="tick"]')?.click(),
};

document.addEventListener("keydown", (event) => {
  const typing = event.target.closest("input:not([type=checkbox]), textarea, select, [contenteditable], dialog");
  if (typing || event.ctrlKey || event.metaKey || event.altKey || !areOn()) return;
  const place = document.querySelector(`[data-key="${CSS.escape(event.key)}"]`);
  if (onKey[event.key]) onKey[event.key]();
  else if (place?.matches("a, a *")) place.click(); // leads somewhere; nothing is ordered by it
  else if (place) place.focus(); // a button: it is pressed by whoever means it
  else return;
  event.preventDefault();
});
