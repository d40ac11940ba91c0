/* What calls an agent to an offer until it is gone: sound, notification, flashing title, and their keys. */
import { $, $$, hear, write } from "./dom.js";
import { key, press } from "./keys.js";

const OFFER = "● SMS Chat Request", AGAIN = 3000, TEST = 4000;
const rung = new Map(); // an offer that was called out → its desktop notification
let audio = null, ringing = null, flashing = null, testing = null;
const wants = (kind) => $("#offers").dataset[kind] === "on"; // the agent's own choice, kept by the server

/* Whether the two tones could be played: browsers play nothing before the first click or key. */
export function tone() {
  try {
    audio ??= new AudioContext();
    audio.resume().catch(() => {});
    const start = audio.currentTime + 0.02;
    for (const [pitch, at] of [[659.3, 0], [880, 0.16]]) {
      const oscillator = audio.createOscillator(), gain = audio.createGain();
      oscillator.frequency.value = pitch;
      gain.gain.setValueAtTime(0, start + at);
      gain.gain.linearRampToValueAtTime(0.14, start + at + 0.02);
      gain.gain.exponentialRampToValueAtTime(0.001, start + at + 0.32);
      oscillator.connect(gain).connect(audio.destination);
      oscillator.start(start + at);
      oscillator.stop(start + at + 0.34);
    }
    return true;
  } catch { return false; } // no sound here; title and card still call
}
for (const kind of ["pointerdown", "keydown"]) addEventListener(kind, () => { if (audio?.state === "suspended") audio.resume().catch(() => {}); }, { passive: true });

/* A notification that stays until it is closed; null where this browser shows none. */
export function notify(words, tag) {
  if (window.Notification?.permission !== "granted") return null;
  try {
    const note = new Notification("SMS Chat Request", { body: words, tag, requireInteraction: true });
    note.onclick = () => { window.focus(); note.close(); };
    return note;
  } catch { return null; } // Chrome on Android
}

function ring() {
  const offers = $$(".offer"), present = new Set(offers.map((offer) => offer.id));
  for (const [id, note] of rung) if (!present.has(id)) { note?.close(); rung.delete(id); }
  for (const offer of offers) {
    if (rung.has(offer.id)) continue;
    const away = document.hidden || !document.hasFocus();
    rung.set(offer.id, away && wants("alertDesktop") ? notify($$(".first-words span", offer).map((text) => text.textContent).join("\n"), offer.id) : null);
    write($("#say"), offer.dataset.say);
    call();
  }
  if (!offers.length) { clearInterval(ringing); ringing = null; write($("#say"), ""); }
  else ringing ??= setInterval(call, AGAIN);
  followTitle();
}
const call = () => { if (wants("alertSound")) tone(); };

function followTitle() {
  const needy = Number($("#strip").dataset.unanswered), late = $$("#strip .tile.late").length, open = $("#work").dataset.title;
  const plain = `${needy ? `(${needy}${late ? `, ${late} late` : ""}) ` : ""}${open ? `${open} · ` : ""}smsdesk`;
  const calls = testing || ($(".offer") && wants("alertTitle"));
  clearInterval(flashing);
  document.title = calls ? OFFER : plain;
  if (!calls || matchMedia("(prefers-reduced-motion: reduce)").matches) return;
  flashing = setInterval(() => { document.title = document.title === OFFER ? plain : OFFER; }, 1000);
}

/* Flash the title for some seconds, without an offer. */
export function flash() {
  clearTimeout(testing);
  testing = setTimeout(() => { testing = null; followTitle(); }, TEST);
  followTitle();
}

hear("desk:drawn", ring);
hear("desk:late", followTitle);

// The first card is the one whose time is over first.
key("Alt+A A", "Accept the first offer", () => press(".offer .accept"), "Offers");
key("Alt+R", "Reject the first offer", () => press(".offer .reject"), "Offers");
