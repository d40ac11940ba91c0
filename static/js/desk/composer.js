/* The composer of the open conversation: one text a press, never over the head of a newer one. */
import { $, $$, body, hear, parse, say, tell } from "./dom.js";
import { localTimes } from "./clock.js";
import { settle } from "./patch.js";
import { atEnd } from "./thread.js";
import { isEnter, keyWithin } from "./keys.js";
import { replaceIn, table } from "./counter.js";
import { draftSent, without } from "./draft.js";

const busy = (form) => form.classList.contains("htmx-request");
// A press of Send: what stood in the box, and what had been seen. One is on its way; more may wait behind it.
const pressed = () => ({ text: $("#message").value, seen: lastSeen() });
let going = null, behind = [];

/* The last message that whoever presses Send has seen: not what lies below the fold, unread. */
function lastSeen() {
  const thread = $("#thread");
  if ($("#new-lines").hidden) return thread.dataset.last;
  const end = thread.getBoundingClientRect().bottom;
  const inView = $$("[id^=message-]", thread).filter((bubble) => bubble.getBoundingClientRect().top < end);
  return inView.at(-1)?.id.replace("message-", "") ?? 0;
}

body.addEventListener("input", ({ target }) => {
  if (target.id !== "message") return;
  $("#composer-alert .alert")?.remove();
  delete target.form.dataset.joined;
});
body.addEventListener("submit", ({ target }) => { if (target.id === "composer" && busy(target)) behind.push(pressed()); }, true);
hear("desk:arrive", () => { behind = []; });
body.addEventListener("htmx:configRequest", ({ detail: { elt: form, parameters } }) => {
  if (form.id !== "composer") return;
  going = behind.shift() ?? pressed();
  Object.assign(parameters, { body: going.text, seen: going.seen, drafted: form.dataset.drafted });
});
body.addEventListener("htmx:beforeRequest", (event) => {
  const form = event.detail.elt;
  if (form.id !== "composer") return;
  const { text } = going, over = [...text].length - table.limit;
  if (text.trim() && over <= 0 && !form.dataset.joined) return;
  event.preventDefault();
  behind = [];
  $("#message").focus();
  if (form.dataset.joined) say("What you wrote on another device is in here, too. Press Send again to send all of it.");
  else say(over > 0 ? `The text is ${over} character${over > 1 ? "s" : ""} too long. Shorten it to ${table.limit}; nothing was cut.` : "There is nothing to send yet: write a message first.");
  delete form.dataset.joined;
});

// Told at the form, before its answer is put into the page.
body.addEventListener("desk:held", ({ target, detail }) => { target.dataset.held = detail.sentence; });

body.addEventListener("htmx:afterRequest", ({ detail }) => {
  const form = detail.requestConfig.elt; // detail.elt is the body where the answer replaced it
  if (form.id !== "composer" || !form.isConnected) return;
  // htmx calls a refusal that is shown a success.
  if (Math.floor(detail.xhr.status / 100) === 2) wasSent(form); else behind = [];
  if (form.dataset.held) showNews(form);
});

function wasSent(form) {
  const sent = going.text, isFree = document.activeElement === body || form.contains(document.activeElement);
  draftSent(sent, $("#thread").dataset.next);
  tell("desk:sent");
  if (isFree) $("#message").focus({ preventScroll: true });
  // What was changed instead of typed on stays in the box: it may be the same text.
  behind = behind.filter(({ text }) => text.startsWith(sent)).map(({ text, seen }) => ({ text: without(text, sent), seen })).filter(({ text }) => text);
  if (behind.length) setTimeout(() => { if (form.isConnected && !busy(form)) form.requestSubmit(); }); // when htmx is done with this one
}
hear("desk:sent", () => {
  for (const at of ["#composer-alert", "#alert"]) $(at).replaceChildren(); // it may say that the desk did not answer
  for (const bubble of $$("#thread .news")) bubble.classList.remove("news");
});

/* Held: mark what its author has not seen, and bring it into view. */
function showNews(form) {
  const thread = $("#thread"), isNew = ({ id }) => Number(id.replace("message-", "")) > going.seen;
  for (const bubble of $$("[id^=message-]:not(.agent)", thread).filter(isNew)) bubble.classList.add("news");
  thread.scrollTop = thread.scrollHeight;
  thread.dispatchEvent(new Event("scroll"));
  say(form.dataset.held, "alert held");
  delete form.dataset.held;
  $("#message").focus({ preventScroll: true });
}

/* Locked by an opt-out or a policy, or open again: the composer is drawn anew, and what is typed is kept. */
let drawing = false;
hear("desk:drawn", async () => {
  const form = $("#composer"), tile = document.getElementById(`tile-${$("#work").dataset.conversation}`);
  if (!form || !tile || drawing || busy(form) || tile.dataset.locked === form.dataset.locked) return;
  drawing = true;
  try {
    const answer = await fetch(form.dataset.url, { headers: { "HX-Request": "true" }, signal: AbortSignal.timeout(8000) });
    const fresh = answer.ok && parse(await answer.text()).querySelector("#composer");
    if (fresh && form.isConnected && !busy(form)) {
      const writing = document.activeElement?.id === "message";
      form.replaceWith(fresh);
      settle(fresh);
      tell("desk:composer");
      if (writing) $("#message").focus({ preventScroll: true });
    }
  } catch { /* the next frame asks again */ } finally { drawing = false; }
});
body.addEventListener("htmx:afterSettle", ({ detail }) => {
  if (detail.elt.id !== "composer") return;
  localTimes(detail.elt);
  tell("desk:composer");
  if (document.activeElement === body) $(".more summary", detail.elt).focus();
});
const closeMenus = (but) => { for (const menu of $$(".more[open]")) if (menu !== but) menu.open = false; };
body.addEventListener("click", ({ target }) => closeMenus(target.closest("button") ? null : target.closest(".more")));
keyWithin(".more[open]", "Esc", "Close the composer's menu", (event, menu) => {
  if (event.key !== "Escape") return false;
  closeMenus();
  $("summary", menu).focus();
  return true;
});

/* Whoever reads the end of the thread goes on reading it, however high the composer becomes. */
let follows = true;
const watched = new ResizeObserver(([{ target }]) => { if (follows) target.scrollTop = target.scrollHeight; });
addEventListener("scroll", ({ target }) => {
  if (target.id === "thread") follows = atEnd(target);
}, { capture: true, passive: true });
hear("desk:arrive", () => {
  watched.disconnect();
  follows = true;
  if ($("#thread")) watched.observe($("#thread"));
});

keyWithin("#message", "Enter", "Send the message", (event) => {
  if (!isEnter(event)) return false;
  event.preventDefault();
  event.target.form.requestSubmit();
  return true;
});

/* What is typed while a conversation is still coming is for the composer that comes with it. */
const MOST = 500;
let coming = null, isThere = false, typed = "", leftAt = null;
let unheard = {}; // what was typed for a conversation that did not come: it may come at the next try

body.addEventListener("htmx:beforeRequest", ({ detail: { elt, requestConfig: { path } } }) => {
  if (!elt.matches(".tile, .accept")) return;
  [coming, isThere, typed, leftAt] = [elt, false, unheard[path] ?? "", document.activeElement];
  unheard = {};
  // Or it would go to the customer of before.
  if (leftAt.id === "message") $("#work").focus({ preventScroll: true });
});
body.addEventListener("htmx:beforeSwap", ({ detail: { requestConfig, target } }) => { if (requestConfig.elt === coming && target.id === "work") isThere = true; });
// Refused, or without an answer: none comes.
body.addEventListener("htmx:afterRequest", ({ detail: { requestConfig } }) => {
  if (requestConfig.elt !== coming || isThere) return;
  coming = null;
  unheard = { [requestConfig.path]: typed };
  if (document.activeElement.id === "work") leftAt.focus({ preventScroll: true });
});
hear("desk:arrive", () => {
  if (!coming || !isThere) return; // what is open was drawn anew meanwhile
  const box = $("#message");
  if (typed && box && !box.readOnly) replaceIn(box, box.value.length, box.value.length, typed);
  coming = null;
});

addEventListener("keydown", (event) => {
  const { key, target } = event;
  if (!coming || event.isComposing || event.ctrlKey || event.metaKey || event.altKey || target.closest?.("input, textarea, select, dialog")) return;
  if (key.length === 1) typed = (typed + key).slice(0, MOST); else if (key === "Backspace") typed = typed.slice(0, -1); else return;
  event.preventDefault();
  event.stopImmediatePropagation();
  $("#work").focus({ preventScroll: true }); // or a space presses the tile once more
}, true);
