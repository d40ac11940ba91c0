/* The strip of conversations: what becomes late by the clock alone, what is looked at, what is new. */
import { $, $$, csrf, hear, tell, write } from "./dom.js";
import { now } from "./clock.js";
import { key, keyWithin, step } from "./keys.js";

const open = () => $('#strip .tile[aria-current="true"]');
const label = (tile, words) => tile.setAttribute("aria-label", `${tile.dataset.name}, ${words}`);
const say = (sentences) => { if (sentences.length) write($("#news"), sentences.join(" ")); };

/* A tile turns at its time, without a word from the server (F4, F6). */
function turn() {
  const turned = $$("#strip .tile[data-late-at]:not(.late)").filter((tile) => Date.parse(tile.dataset.lateAt) <= now());
  for (const tile of turned) {
    tile.classList.remove("opened"); // that was in time; now it calls
    tile.classList.add("late");
    label(tile, tile.dataset.whenLate);
  }
  seen();
  if (!turned.length) return;
  countLate();
  say(turned.filter((tile) => tile !== open()).map((tile) => `${tile.dataset.name} is past SLA.`));
  tell("desk:late");
}

/* As frames.py says it. */
function countLate() {
  const icon = $("#messages"), needy = Number($("#strip").dataset.unanswered), late = $$("#strip .tile.late").length;
  icon.classList.toggle("late", late > 0);
  if (needy) icon.setAttribute("aria-label", `Messages: ${needy} conversation${needy > 1 ? "s need" : " needs"} an answer${late ? `, ${late} past SLA` : ""}`);
}

/* The conversation on the screen calls no more, here and on the other desks. */
let noted = "";
async function seen() {
  const tile = open(), unanswered = Number(tile?.dataset.unanswered);
  if (!unanswered || document.hidden || tile.classList.contains("opened")) return;
  const late = tile.classList.contains("late"), what = `${tile.id} ${unanswered} ${late}`;
  tile.classList.add("opened");
  if (late) label(tile, tile.dataset.whenOpened);
  if (what === noted) return;
  noted = what;
  try {
    const answer = await fetch(`${$("#work").dataset.url}seen`, { method: "POST", headers: { "HX-Request": "true", "X-CSRFToken": csrf() }, signal: AbortSignal.timeout(8000) });
    if (!answer.ok) noted = "";
  } catch { noted = ""; } // the next frame tries again
}

/* A new text in a conversation that is not open, for whoever hears the desk (N12). */
let known = null;
function announce() {
  const tiles = $$("#strip .tile"), counts = new Map(tiles.map((tile) => [tile.id, Number(tile.dataset.unanswered)]));
  const news = tiles.filter((tile) => known && counts.get(tile.id) > (known.get(tile.id) ?? Infinity) && tile !== open());
  known = counts;
  say(news.map((tile) => `New text from ${tile.dataset.name}, ${counts.get(tile.id)} unread.`));
}

hear("desk:drawn", () => { announce(); turn(); });
setInterval(turn, 250);
document.addEventListener("visibilitychange", turn);

key("Alt+1–9 1–9", "Open a conversation of the strip; while you choose a customer, with Alt", (event, digit) => {
  const tile = $$(".tile")[digit - 1];
  tile?.focus();
  tile?.click();
  return Boolean(tile);
}, "Conversations");
keyWithin(".tile", "↑ ↓", "Go to another conversation", (event, from) => {
  if (!["ArrowUp", "ArrowDown"].includes(event.key)) return false;
  event.preventDefault();
  step($$(".tile"), event.key, from).focus();
  return true;
});
