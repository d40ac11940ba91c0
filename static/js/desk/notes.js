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
  // Typed on meanwhile, or by now at another conversation: what is left is this note's all the same.
  const mine = $("textarea", form), { sent } = form.dataset, left = mine.value.startsWith(sent) ? mine.value.slice(sent.length) : mine.value;
  keep(mine.dataset.draft, left);
  const note = field();
  if (note?.dataset.draft !== mine.dataset.draft) return;
  note.value = left;
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
let asked = 0, isOld = false, goes = ""; // the list is of what was typed before; that key waits for the new one
const begun = () => /(?:^|[\s(["'“,;:])@([^\s@]{0,40})$/.exec(field().value.slice(0, field().selectionStart))?.[1];

function close() {
  asked += 1;
  isOld = false;
  goes = "";
  if (!list()) return;
  list().hidden = true;
  list().replaceChildren();
  field().removeAttribute("aria-activedescendant");
}
hear("desk:arrive", close);

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
  const words = begun(), mine = ++asked;
  if (words === undefined) { close(); return; }
  isOld = true;
  goes = "";
  let html = "";
  try {
    const answer = await fetch(`${field().dataset.colleagues}?words=${encodeURIComponent(words)}`, { headers: { "HX-Request": "true" }, signal: AbortSignal.timeout(8000) });
    if (answer.ok) html = await answer.text();
  } catch { /* it can be typed without help */ }
  if (mine !== asked || !field()) return;
  const then = goes;
  if (begun() !== words) { close(); return; }
  isOld = false;
  list().innerHTML = html;
  list().hidden = !options().length;
  if (options().length) choose(options()[0]); else close();
  if (then) take(then);
}

/* Take whom the list offers; where it offers nobody, Enter adds the note. */
function take(pressed) {
  const chosen = options().find((option) => option.getAttribute("aria-selected") === "true");
  if (chosen) complete(chosen); else if (pressed === "Enter") field().form.requestSubmit();
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
  const all = options(), at = all.findIndex((option) => option.getAttribute("aria-selected") === "true"), pressed = event.key;
  if (pressed === "Enter" || (pressed === "Tab" && (isOld || all.length))) { if (isOld) goes = pressed; else take(pressed); }
  else if (all.length && ["ArrowDown", "ArrowUp"].includes(pressed)) choose(all.at((at + (pressed === "ArrowDown" ? 1 : -1)) % all.length));
  else if ((isOld || all.length) && pressed === "Escape") close();
  else return false;
  event.preventDefault();
  return true;
});
