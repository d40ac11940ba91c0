/* Internal notes: the switch between a message and a note, the note box, and colleagues behind an @. */
import { $, $$, body, hear, write } from "./dom.js";
import { keep } from "./drafts.js";
import { key, keyWithin } from "./keys.js";

const field = () => $("#internal-note");
const list = () => $("#colleagues");
const options = () => $$("[role=option]", list());

function writeA(name) {
  for (const button of $$("[data-mode]")) {
    const chosen = button.dataset.mode === name;
    button.setAttribute("aria-pressed", String(chosen));
    document.getElementById(button.dataset.mode).hidden = !chosen;
  }
  document.getElementById(name).querySelector("textarea").focus({ preventScroll: true });
  grow();
}
body.addEventListener("click", (event) => { const button = event.target.closest("[data-mode]"); if (button) writeA(button.dataset.mode); });
key("Alt+I I", "Switch between a message and a note", () => {
  const other = $('[data-mode][aria-pressed="false"]');
  if (other) writeA(other.dataset.mode);
  return Boolean(other);
}, "The open conversation");

function grow() {
  const note = field();
  if (!note) return;
  note.style.height = "auto";
  note.style.height = `${Math.min(note.scrollHeight + 2, 200)}px`;
  $('[data-mode="note-form"]')?.classList.toggle("begun", Boolean(note.value.trim()));
}
hear("desk:arrive", grow);
// Drawn anew, the composer stays behind the note box.
hear("desk:composer", () => { if ($("#composer")) $("#composer").hidden = $('[data-mode="composer"]').ariaPressed === "false"; });

body.addEventListener("htmx:beforeRequest", ({ detail: { elt: form } }) => { if (form.id === "note-form") form.dataset.sent = field().value; });
body.addEventListener("htmx:afterRequest", (event) => {
  const form = event.detail.requestConfig.elt; // detail.elt is the body where the answer replaced it
  if (!event.detail.successful || form.id !== "note-form") return;
  const note = field();
  if (!note) return;
  note.value = note.value.startsWith(form.dataset.sent) ? note.value.slice(form.dataset.sent.length) : note.value;
  keep(note.dataset.draft, note.value);
  $("#note-alert").replaceChildren();
  close();
  grow();
  note.focus({ preventScroll: true });
});
body.addEventListener("desk:noted", (event) => {
  const names = event.detail.strangers.map((name) => `@${name}`).join(", ");
  setTimeout(() => write($("#note-said"), names ? `Added. Nobody is called ${names}, so nobody was told by that name.` : "Added."));
});

// ------------------------------------------------------------------------- whom an @ may mean
let asked = null;
const begun = () => /(?:^|[\s(["'“,;:])@([^\s@]{0,40})$/.exec(field().value.slice(0, field().selectionStart))?.[1];

function close() {
  asked?.abort();
  asked = null;
  if (!list()) return;
  list().hidden = true;
  list().replaceChildren();
  field().removeAttribute("aria-activedescendant");
}

function choose(option) {
  for (const other of options()) other.setAttribute("aria-selected", String(other === option));
  field().setAttribute("aria-activedescendant", option.id);
  option.scrollIntoView({ block: "nearest" });
}

function complete(option) {
  const note = field(), end = note.selectionStart;
  note.setRangeText(`@${option.dataset.username} `, end - begun().length - 1, end, "end");
  note.dispatchEvent(new Event("input", { bubbles: true })); // for the draft
  close();
}

async function offer() {
  const words = begun();
  if (words === undefined) { close(); return; }
  asked?.abort();
  const mine = asked = new AbortController();
  try {
    const answer = await fetch(`${field().dataset.colleagues}?words=${encodeURIComponent(words)}`, { headers: { "HX-Request": "true" }, signal: mine.signal });
    const html = answer.ok ? await answer.text() : "";
    if (mine !== asked || !field() || begun() !== words) return;
    list().innerHTML = html;
    list().hidden = !options().length;
    if (options().length) choose(options()[0]); else close();
  } catch { /* typed on, or no line: it can be typed without help */ }
}
body.addEventListener("input", (event) => {
  if (event.target.id !== "internal-note") return;
  grow();
  $("#note-alert").replaceChildren();
  write($("#note-said"), "");
  offer();
});
body.addEventListener("focusout", (event) => { if (event.target.id === "internal-note") close(); });
// Before the box would lose the focus.
body.addEventListener("pointerdown", (event) => { const option = event.target.closest("#colleagues [role=option]"); if (option) { event.preventDefault(); complete(option); } });

keyWithin("#internal-note", "Enter", "Add the note", (event) => {
  if (event.shiftKey || event.altKey || event.ctrlKey || event.metaKey) return false;
  const chosen = options().find((option) => option.getAttribute("aria-selected") === "true");
  if (chosen && ["ArrowDown", "ArrowUp"].includes(event.key)) {
    const all = options(), next = all.indexOf(chosen) + (event.key === "ArrowDown" ? 1 : -1);
    choose(all.at(next % all.length));
  } else if (chosen && ["Enter", "Tab"].includes(event.key)) complete(chosen);
  else if (chosen && event.key === "Escape") close();
  else if (event.key === "Enter") event.target.form.requestSubmit();
  else return false;
  event.preventDefault();
  return true;
});
