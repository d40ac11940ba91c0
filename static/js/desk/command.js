/* The command bar: a customer, a case, a conversation of one's own, or something to do. */
import { $, $$, alarm, parse, write } from "./dom.js";
import { isMac, keyWithin, keys, keyWords, step } from "./keys.js";
import { textTo } from "./newtext.js";

const bar = $("#command"), input = $("#command-input"), list = $("#command-list"), said = $("#command-count");
const A_NUMBER = /^\+?[\d\s().\-/]{7,}$/;
const PAUSE = 120, MOST_ACTIONS = 6;
let asked = 0, waiting = null, leftAt = null;
let isOld = false, goes = false, moved = false; // the list is of what was typed before; Enter waits for the new one

/* Whatever has a key on the whole desk, needs no digit with it, and has something to be done to. */
const NEEDS = { Offers: ".offer", "The open conversation": "#work[data-conversation]" };
const keyed = () => keys.filter(({ within, names, group }) => !within && !names.includes("1–9") && (!NEEDS[group] || $(NEEDS[group])));
const statuses = () => $$("#status-menu [role=menuitem]").map((item) => ({ does: `Status: ${item.textContent}`, names: "", run: () => { item.click(); return true; } }));
const actions = () => [...keyed(), ...statuses()];

const options = () => $$("[role=option]", list);
const at = () => $('[aria-selected="true"]', list);

function select(option) {
  at()?.setAttribute("aria-selected", "false");
  input.removeAttribute("aria-activedescendant");
  if (!option) return;
  option.setAttribute("aria-selected", "true");
  option.scrollIntoView({ block: "nearest" });
  input.setAttribute("aria-activedescendant", option.id);
}

/* Actions are known here; what is on file is asked for. */
function drawActions() {
  const wanted = input.value.trim().toLowerCase().split(/\s+/), group = document.createElement("div");
  const fit = actions().filter(({ does }) => wanted.every((word) => does.toLowerCase().includes(word))).slice(0, MOST_ACTIONS);
  group.id = "command-actions";
  group.setAttribute("role", "group");
  group.setAttribute("aria-label", "Actions");
  if (fit.length) group.innerHTML = '<p class="finds-name" role="presentation">Actions</p>';
  fit.forEach((action, place) => {
    const line = document.createElement("div"), name = document.createElement("span");
    line.id = `find-action-${place}`;
    line.className = "find-line";
    line.setAttribute("role", "option");
    line.setAttribute("aria-selected", "false");
    name.className = "find-name";
    name.textContent = action.does;
    line.append(name, ...action.names.split(" ").filter(Boolean).map((text) => Object.assign(document.createElement("kbd"), { textContent: keyWords(text) })));
    line.run = action.run;
    group.append(line);
  });
  const number = input.value.trim();
  if (A_NUMBER.test(number)) group.append(textLine(number));
  return group;
}

/* A number that may be on nobody's file can be texted all the same. */
function textLine(number) {
  const line = document.createElement("div"), name = document.createElement("span");
  Object.assign(line, { id: "find-text", className: "find-line", run: () => { textTo(number); return true; } });
  line.setAttribute("role", "option");
  line.setAttribute("aria-selected", "false");
  Object.assign(name, { className: "find-name", textContent: `Text ${number}` });
  line.append(name);
  return line;
}

function draw(html) {
  const before = moved && at()?.id;
  list.replaceChildren(...parse(html).children, drawActions());
  window.htmx.process(list);
  const all = options();
  select(all.find(({ id }) => id === before) ?? all[0]);
  isOld = false;
  write(said, all.length ? `${all.length} found · ↑ ↓ to choose, ⏎ to go there, ⇧⏎ to text` : `Nothing found for “${input.value.trim()}”. Try a name, a number, or #1042.`);
}

async function ask() {
  const mine = ++asked;
  isOld = true;
  try {
    const answer = await fetch(`${input.dataset.find}?${new URLSearchParams({ words: input.value })}`, { headers: { "HX-Request": "true" }, signal: AbortSignal.timeout(8000) });
    const html = await answer.text();
    if (mine !== asked || !bar.open) return;
    if (answer.headers.get("HX-Redirect")) { location.href = answer.headers.get("HX-Redirect"); return; }
    if (answer.ok) { draw(html); if (goes) goes(at()); return; }
  } catch { if (mine !== asked) return; }
  draw("");
  write(said, "The desk did not answer. What you can do is listed; type on to try again.");
}

function open() {
  if (bar.open) { input.select(); return; }
  if ($("dialog:modal")) return;
  leftAt = document.activeElement;
  input.value = "";
  goes = moved = false;
  bar.showModal();
  draw("");
  ask();
}

function go(option) {
  if (!option) return;
  bar.close();
  if (!option.run) { window.htmx.trigger(option, "go"); return; }
  leftAt?.focus({ preventScroll: true });
  if (option.run(new Event("command"))) return;
  alarm(`“${$(".find-name", option).textContent}”: there is nothing to do that with just now.`);
}

/* Text whom the line is about; where it is about nobody, go there. */
function text(option) {
  const number = option && $("[data-text-to]", option)?.dataset.textTo;
  if (!number) { go(option); return; }
  bar.close();
  textTo(number);
}

input.addEventListener("input", () => { isOld = true; goes = moved = false; clearTimeout(waiting); waiting = setTimeout(ask, PAUSE); });
list.addEventListener("click", ({ target }) => {
  const to = target.closest(".text-to");
  if (!to) go(target.closest("[role=option]")); else if (to.ariaDisabled !== "true") bar.close();
});
list.addEventListener("pointermove", ({ target }) => { const option = target.closest("[role=option]"); if (option && option !== at()) { moved = true; select(option); } });
$("#command-button").addEventListener("click", open);

if (!isMac) write($("#command-button kbd"), "Ctrl K");

keyWithin(":root", "Ctrl+K ⌘K", "Find a customer, a case, an action", (event) => {
  if (!(event.ctrlKey || event.metaKey) || event.altKey || event.shiftKey || event.code !== "KeyK") return false;
  event.preventDefault();
  open();
  return true;
}, "Anywhere");
keyWithin("#command", "↑ ↓ ⏎ ⇧⏎", "Choose in the command bar", (event) => {
  if (["ArrowDown", "ArrowUp"].includes(event.key)) {
    event.preventDefault();
    const all = options();
    moved = true;
    if (all.length) select(at() ? step(all, event.key, at()) : all[0]);
  } else if (event.key === "Enter") {
    event.preventDefault();
    const then = event.shiftKey ? text : go;
    if (isOld && !moved) goes = then; else then(at());
  }
  return event.key !== "Escape";
});
