/* The knowledge base: any button with data-faq opens it for the textarea of that id. */
import { $, $$, body } from "./dom.js";
import { keyWithin, step } from "./keys.js";
import { replaceIn, table, writingKey } from "./counter.js";
import { cutAtWord } from "./segments.js";

const dialog = $("#faq"), search = $("#faq-search"), article = $("#faq-article");
const options = () => $$("#faq-found [role=option]");
const chosen = () => $('#faq-found [aria-selected="true"]');
let field = null, from = 0, to = 0, reading = null;
let showing = Promise.resolve(); // the article that is chosen, on its way

function open(textarea) {
  if (!textarea || textarea.readOnly) return false;
  [field, from, to] = [textarea, textarea.selectionStart, textarea.selectionEnd];
  dialog.showModal();
  search.select();
  search.dispatchEvent(new Event("look"));
  return true;
}

async function choose(option) {
  for (const other of options()) other.setAttribute("aria-selected", String(other === option));
  reading?.abort();
  if (!option) { article.replaceChildren(); search.removeAttribute("aria-activedescendant"); return; }
  search.setAttribute("aria-activedescendant", option.id);
  option.scrollIntoView({ block: "nearest" });
  const mine = reading = new AbortController();
  try {
    const answer = await fetch(option.dataset.url, { headers: { "HX-Request": "true" }, signal: mine.signal });
    const html = answer.ok ? await answer.text() : `<p class="quiet">This article was taken back a moment ago.</p>`;
    if (mine === reading) { article.innerHTML = html; article.scrollTop = 0; }
  } catch { /* another one was chosen, or the link is down, and its bar says so */ }
}

async function insert(kind) {
  await showing; // else a quick hand inserts the article chosen before
  field = document.getElementById(field.id) ?? field; // the conversation may have been drawn anew meanwhile
  const button = $(`[data-insert="${kind}"]`, article);
  if (!button) return;
  const before = field.value.slice(0, from), after = field.value.slice(to);
  const lead = before && !/\s$/.test(before) ? " " : "", tail = after && !/^\s/.test(after) ? " " : "";
  const room = table.limit - [...before, ...lead, ...tail, ...after].length;
  const whole = kind === "link" ? button.dataset.link : $("#faq-body").textContent.trim(), words = [...whole].length;
  const text = kind === "link" && words > room ? "" : cutAtWord(whole, Math.max(0, room)), left = words - [...text].length;
  dialog.close();
  if (text) replaceIn(field, from, to, lead + text + tail); else field.focus();
  if (left) warn(text ? `The article did not fit: its last ${left} of ${words} characters were left out.` : `There is no room left for it: ${Math.max(0, room)} of ${table.limit} characters. Shorten the message first.`);
}

function warn(sentence) {
  const p = document.createElement("p");
  p.className = "alert warning";
  p.textContent = sentence;
  $("[role=alert]", field.form)?.replaceChildren(p);
}

body.addEventListener("htmx:afterSwap", ({ detail }) => { if (detail.target.id === "faq-found") showing = choose(options()[0]); });
body.addEventListener("click", ({ target }) => {
  const button = target.closest("[data-faq]"), option = target.closest("#faq-found [role=option]"), insertion = target.closest("[data-insert]");
  if (button) open(document.getElementById(button.dataset.faq));
  else if (option) { showing = choose(option); search.focus(); }
  else if (insertion) insert(insertion.dataset.insert);
});
keyWithin("#faq-search", "↑ ↓ ⏎ ⇧⏎", "Choose an article, insert it as text or as link", (event) => {
  const pressed = event.key;
  if (pressed === "ArrowDown" || pressed === "ArrowUp") { if (chosen()) showing = choose(step(options(), pressed, chosen())); }
  else if (pressed === "Enter") insert(event.shiftKey ? "link" : "text");
  else return false;
  event.preventDefault();
  return true;
});
writingKey("KeyQ", "Search the knowledge base", (form) => open($("textarea", form)));
