/* The knowledge base: any button with data-faq opens it for the textarea of that id. */
import { $, $$, body, hear, say } from "./dom.js";
import { keyWithin, step } from "./keys.js";
import { replaceIn, table, writingKey } from "./counter.js";
import { cutAtWord } from "./segments.js";

const dialog = $("#faq"), search = $("#faq-search"), article = $("#faq-article");
const options = () => $$("#faq-found [role=option]");
const chosen = () => $('#faq-found [aria-selected="true"]');
let field = null, from = 0, to = 0, reading = null;
let shownFor = null, moved = false, goes = ""; // the list is of these words; an insertion waits for that of those typed now
let showing = Promise.resolve(); // the article that is chosen, on its way

function open(textarea) {
  if (!textarea || textarea.readOnly) return false;
  [field, from, to, moved, goes] = [textarea, textarea.selectionStart, textarea.selectionEnd, false, ""];
  dialog.showModal();
  search.select();
  search.dispatchEvent(new Event("look"));
  return true;
}

// Another conversation came over it: what is read was not meant for that.
hear("desk:arrive", () => { if (dialog.open && document.getElementById(field.id)?.form.dataset.replies !== field.form.dataset.replies) dialog.close(); });

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
  if (!dialog.open) return; // left, or inserted already
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
  if (left) say(text ? `The article did not fit: its last ${left} of ${words} characters were left out.` : `There is no room left for it: ${Math.max(0, room)} of ${table.limit} characters. Shorten the message first.`, "alert warning", field.form);
}

search.addEventListener("input", () => { moved = false; goes = ""; });
dialog.addEventListener("close", () => { goes = ""; });
body.addEventListener("htmx:beforeSwap", ({ detail }) => { if (detail.target.id === "faq-found") detail.target.dataset.was = chosen()?.id ?? ""; });
body.addEventListener("htmx:afterSwap", ({ detail }) => {
  if (detail.target.id !== "faq-found") return;
  const before = moved && document.getElementById(detail.target.dataset.was);
  shownFor = detail.requestConfig.parameters.words;
  showing = choose(before || options()[0]);
  if (goes && shownFor === search.value) insert(goes);
});
body.addEventListener("click", ({ target }) => {
  const button = target.closest("[data-faq]"), option = target.closest("#faq-found [role=option]"), insertion = target.closest("[data-insert]");
  if (button) open(document.getElementById(button.dataset.faq));
  else if (option) { moved = true; showing = choose(option); search.focus(); }
  else if (insertion) insert(insertion.dataset.insert);
});
keyWithin("#faq-search", "↑ ↓ ⏎ ⇧⏎", "Choose an article, insert it as text or as link", (event) => {
  const pressed = event.key;
  if (pressed === "ArrowDown" || pressed === "ArrowUp") { if (chosen()) { moved = true; showing = choose(step(options(), pressed, chosen())); } }
  else if (pressed === "Enter") {
    const kind = event.shiftKey ? "link" : "text";
    if (shownFor === search.value || moved) insert(kind); else goes = kind;
  }
  else return false;
  event.preventDefault();
  return true;
});
writingKey("KeyQ", "Search the knowledge base", (form) => open($("textarea", form)));
