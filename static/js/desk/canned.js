/* Canned replies: / in a textarea of a form with data-replies opens a list of them, from that address. */
import { $, $$, body, hear, parse } from "./dom.js";
import { keyWithin, step } from "./keys.js";
import { replaceIn } from "./counter.js";
// First: a composer that is drawn anew has what was typed before the list looks for it.
import "./draft.js";

// A / that begins a word, and what is typed behind it.
const TYPED = /(?:^|\s)\/([^\s/]*)$/;
let list = null, of = "", from = "", goes = ""; // Enter or Tab, pressed before the list is there
const field = () => document.getElementById(of); // the composer may be drawn anew under the list

/* Where the replies for a form are: a text to a new number says over which channel, and to whom. */
function address({ dataset, elements: { channel, number } }) {
  return channel ? `${dataset.replies}?${new URLSearchParams({ channel: channel.value, number: number.value })}` : dataset.replies;
}
const typed = () => TYPED.exec(field()?.value.slice(0, field().selectionStart) ?? "")?.[1];
const shown = () => $$("[role=option]:not([hidden])", list);

function close() {
  list?.remove();
  for (const name of ["aria-controls", "aria-activedescendant", "aria-expanded"]) field()?.removeAttribute(name);
  list = null;
  goes = "";
}

async function open(textarea) {
  const mine = document.createElement("ul");
  Object.assign(mine, { id: `${textarea.id}-replies`, className: "replies", role: "listbox", ariaLabel: "Canned replies" });
  list = mine;
  of = textarea.id;
  from = address(textarea.form);
  let html = "";
  try {
    const answer = await fetch(from, { headers: { "HX-Request": "true" }, signal: AbortSignal.timeout(8000) });
    if (answer.ok) html = await answer.text();
  } catch { /* a / is a / */ }
  if (list !== mine) return;
  if (!html || typed() === undefined) { close(); return; }
  mine.append(parse(html));
  show();
  if (goes) take(goes);
}

function show() {
  field().before(list);
  place();
  field().setAttribute("aria-controls", list.id);
  filter();
}

/* The textarea was drawn anew, or is another's. */
function follow() {
  if (!list) return;
  if (!field() || address(field().form) !== from) close(); else if (list.isConnected || list.children.length) show();
}
for (const name of ["desk:arrive", "desk:composer"]) hear(name, follow);

/* Above the textarea, also where a dialog would cut it off. */
function place() {
  const { left, top, width } = field().getBoundingClientRect();
  Object.assign(list.style, { left: `${left}px`, width: `${width}px`, bottom: `${innerHeight - top + 6}px`, maxHeight: `${Math.min(340, top - 16)}px` });
}
addEventListener("resize", () => { if (list?.isConnected) place(); });

function choose(option) {
  for (const other of $$("[role=option]", list)) other.setAttribute("aria-selected", String(other === option));
  if (option) { field().setAttribute("aria-activedescendant", option.id); option.scrollIntoView({ block: "nearest" }); }
}

/* By the shortcut's beginning first, then by any part of shortcut and title. */
function filter() {
  const words = typed()?.toLowerCase(), options = $$("[role=option]", list);
  if (words === undefined) { close(); return; }
  for (const option of options) option.hidden = !`${option.dataset.shortcut} ${option.dataset.title.toLowerCase()}`.includes(words);
  if (words && !shown().length) { list.hidden = true; return; }
  list.hidden = false;
  choose(shown().find((option) => option.dataset.shortcut.startsWith(words)) ?? shown()[0]);
}

function insert(option) {
  const textarea = field(), end = textarea.selectionStart, start = end - typed().length - 1;
  close();
  replaceIn(textarea, start, end, $(".reply-text", option).textContent);
}

/* Insert what the list offers; where it offers nothing, Enter sends. */
function take(pressed) {
  const current = list && !list.hidden && $('[aria-selected="true"]', list);
  if (current) insert(current); else if (pressed === "Enter") field().form.requestSubmit();
}

body.addEventListener("input", ({ target }) => {
  if (!target.matches("[data-replies] textarea")) return;
  if (list && field() !== target) close();
  goes = "";
  if (list) { if (list.isConnected) filter(); } else if (TYPED.exec(target.value.slice(0, target.selectionStart))?.[1] === "") open(target);
});
// Not at once: whoever writes in a composer that is drawn anew has the new one in a moment.
body.addEventListener("focusout", ({ target }) => { if (list && target.id === of) setTimeout(() => { if (list && document.activeElement !== field()) close(); }); });
// Not on click: the textarea keeps the focus.
body.addEventListener("mousedown", (event) => {
  if (!event.target.closest(".replies")) return;
  event.preventDefault();
  const option = event.target.closest("[role=option]");
  if (option && typed() !== undefined) insert(option);
});
body.addEventListener("click", ({ target }) => {
  const button = target.closest("[data-canned]"), textarea = button && document.getElementById(button.dataset.canned);
  if (!textarea) return;
  const { selectionStart: at, value } = textarea;
  replaceIn(textarea, at, textarea.selectionEnd, at === 0 || /\s/.test(value[at - 1]) ? "/" : " /");
});

keyWithin("[data-replies] textarea", "/ ↑ ↓ ⏎ Esc", "Canned replies", (event) => {
  if (!list || list.hidden) return false;
  if (event.target !== field() || typed() === undefined) { close(); return false; } // the caret went elsewhere
  const { key } = event, isThere = list.isConnected, current = isThere && $('[aria-selected="true"]', list);
  if (key === "Escape") close();
  else if (current && (key === "ArrowDown" || key === "ArrowUp")) choose(step(shown(), key, current));
  else if (current && (key === "Enter" || key === "Tab")) insert(current);
  else if (!isThere && (key === "Enter" || key === "Tab") && !event.shiftKey) goes = key;
  else return false;
  event.preventDefault();
  return true;
});
