/* Canned replies: / in a textarea of a form with data-replies opens a list of them, from that address. */
import { $, $$, body, parse } from "./dom.js";
import { keyWithin, step } from "./keys.js";
import { replaceIn } from "./counter.js";

// A / that begins a word, and what is typed behind it.
const TYPED = /(?:^|\s)\/([^\s/]*)$/;
let list = null, field = null;

/* Where the replies for a form are: a text to a new number says over which channel, and to whom. */
function address({ dataset, elements: { channel, number } }) {
  return channel ? `${dataset.replies}?${new URLSearchParams({ channel: channel.value, number: number.value })}` : dataset.replies;
}
const typed = () => TYPED.exec(field.value.slice(0, field.selectionStart));
const shown = () => $$("[role=option]:not([hidden])", list);

function close() {
  list?.remove();
  for (const name of ["aria-controls", "aria-activedescendant", "aria-expanded"]) field?.removeAttribute(name);
  list = field = null;
}

async function open(textarea) {
  const mine = document.createElement("ul");
  Object.assign(mine, { id: `${textarea.id}-replies`, className: "replies", role: "listbox", ariaLabel: "Canned replies" });
  list = mine;
  field = textarea;
  try {
    const answer = await fetch(address(field.form), { headers: { "HX-Request": "true" }, signal: AbortSignal.timeout(8000) });
    if (!answer.ok || list !== mine) { if (list === mine) close(); return; }
    mine.append(parse(await answer.text()));
  } catch { if (list === mine) close(); return; }
  if (list !== mine) return;
  field.before(mine);
  place();
  field.setAttribute("aria-controls", mine.id);
  filter();
}

/* Above the textarea, also where a dialog would cut it off. */
function place() {
  const { left, top, width } = field.getBoundingClientRect();
  Object.assign(list.style, { left: `${left}px`, width: `${width}px`, bottom: `${innerHeight - top + 6}px`, maxHeight: `${Math.min(340, top - 16)}px` });
}
addEventListener("resize", () => { if (list?.isConnected) place(); });

function choose(option) {
  for (const other of $$("[role=option]", list)) other.setAttribute("aria-selected", String(other === option));
  if (option) { field.setAttribute("aria-activedescendant", option.id); option.scrollIntoView({ block: "nearest" }); }
}

/* By the shortcut's beginning first, then by any part of shortcut and title. */
function filter() {
  const words = typed()?.[1].toLowerCase(), options = $$("[role=option]", list);
  if (words === undefined) { close(); return; }
  for (const option of options) option.hidden = !`${option.dataset.shortcut} ${option.dataset.title.toLowerCase()}`.includes(words);
  if (words && !shown().length) { list.hidden = true; return; }
  list.hidden = false;
  choose(shown().find((option) => option.dataset.shortcut.startsWith(words)) ?? shown()[0]);
}

function insert(option) {
  const textarea = field, end = textarea.selectionStart, start = end - typed()[1].length - 1;
  close();
  replaceIn(textarea, start, end, $(".reply-text", option).textContent);
}

body.addEventListener("input", ({ target }) => {
  if (!target.matches("[data-replies] textarea")) return;
  if (field && field !== target) close();
  if (list) { if (list.isConnected) filter(); } else if (TYPED.exec(target.value.slice(0, target.selectionStart))?.[1] === "") open(target);
});
body.addEventListener("focusout", ({ target }) => { if (target === field) close(); });
// Not on click: the textarea keeps the focus.
body.addEventListener("mousedown", (event) => {
  if (!event.target.closest(".replies")) return;
  event.preventDefault();
  const option = event.target.closest("[role=option]");
  if (option) insert(option);
});
body.addEventListener("click", ({ target }) => {
  const button = target.closest("[data-canned]"), textarea = button && document.getElementById(button.dataset.canned);
  if (!textarea) return;
  const { selectionStart: at, value } = textarea;
  replaceIn(textarea, at, textarea.selectionEnd, at === 0 || /\s/.test(value[at - 1]) ? "/" : " /");
});

keyWithin("[data-replies] textarea", "/ ↑ ↓ ⏎ Esc", "Canned replies", (event) => {
  if (!list?.isConnected || list.hidden) return false;
  const { key } = event, current = $('[aria-selected="true"]', list);
  if (key === "Escape") close();
  else if (current && (key === "ArrowDown" || key === "ArrowUp")) choose(step(shown(), key, current));
  else if (current && (key === "Enter" || key === "Tab")) insert(current);
  else return false;
  event.preventDefault();
  return true;
});
