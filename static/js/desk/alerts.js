/* What calls an agent to an offer: sound, notification, flashing title, keys. */
import { $, $$, body, hear, store, stored, write } from "./dom.js";
import { key, press } from "./keys.js";

const rung = new Set();
let audio = null, ringing = null, flashing = null;
const silent = () => stored("sound") === "off";

function tone() {
  if (silent()) return;
  try {
    audio ??= new AudioContext();
    if (audio.state === "suspended") { audio.resume().catch(() => {}); }
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
  } catch { /* no sound here; title and card still call */ }
}
for (const kind of ["pointerdown", "keydown"]) addEventListener(kind, () => { if (audio?.state === "suspended") audio.resume().catch(() => {}); }, { passive: true });

function ring() {
  const offers = $$(".offer");
  for (const offer of offers) {
    if (rung.has(offer.id)) continue;
    rung.add(offer.id);
    write($("#say"), offer.dataset.say);
    tone();
    if (document.hidden && window.Notification?.permission === "granted") {
      const note = new Notification("SMS Chat Request", { body: $(".first-words", offer).textContent, tag: offer.id });
      note.onclick = () => { window.focus(); note.close(); };
    }
  }
  if (!offers.length) { clearInterval(ringing); ringing = null; write($("#say"), ""); }
  else ringing ??= setInterval(tone, 3000);
  followTitle();
}
hear("desk:drawn", ring);

const title = () => ($("#work").dataset.title ? `${$("#work").dataset.title} · smsdesk` : "smsdesk");

function followTitle() {
  const offers = $$(".offer").length, waiting = Number($("#strip").dataset.unanswered);
  const plain = `${waiting ? `(${waiting}) ` : ""}${title()}`;
  clearInterval(flashing);
  document.title = offers ? "● SMS Chat Request" : plain;
  if (offers) flashing = setInterval(() => { document.title = document.title === plain ? "● SMS Chat Request" : plain; }, 1000);
}

const showSound = () => $("#sound").setAttribute("aria-pressed", String(!silent()));
const showNotify = () => { $("#notify").hidden = !window.Notification || Notification.permission !== "default"; };
showSound();
showNotify();
body.addEventListener("click", ({ target }) => {
  if (target.closest("#sound")) { store("sound", silent() ? "on" : "off"); showSound(); tone(); }
  if (target.closest("#notify")) Notification.requestPermission().then(showNotify);
});

key("Alt+A A", "Accept the offer", () => press(".offer .accept"), "Offers");
key("Alt+R R", "Reject the offer", () => press(".offer .reject"), "Offers");
