/* Choosing a customer or a case, and what is on file about them. */
import { $, $$, body, expand, hear, write } from "./dom.js";
import { localTimes } from "./clock.js";
import { forget, restoreDrafts } from "./drafts.js";
import { isTyped, keyWithin, step } from "./keys.js";
import { chooseTab, view } from "./pane.js";

const narrow = matchMedia("(max-width: 940px)");

/* Several customers have the number: to the list of them, wherever it is. */
function toChoices() {
  if (!$("#choices")) return;
  if (narrow.matches) view("details");
  chooseTab($("#tab-customer"));
  $("#choices .choice")?.focus({ preventScroll: true });
}

/* Back to the conversation (G14): where both do not fit beside each other, the chat is shown again. */
function back() {
  if (narrow.matches) view("talk");
  else $("#message")?.focus({ preventScroll: true });
}

// Who is writing comes before what to answer; whoever has begun to write goes on.
hear("desk:arrive", () => { if (!narrow.matches && !$("#message")?.value) setTimeout(() => { if (!$("#message")?.value) toChoices(); }); });
// A digit is a customer for whoever is in the pane, and a conversation of the strip everywhere else.
keyWithin(".pane", "1–9", "Choose one of several customers, beside the conversation", (event) => {
  if (!/^[1-9]$/.test(event.key) || isTyped(event) || event.repeat || !$("#choices")) return false;
  $$("#choices .choice")[event.key - 1]?.click();
  return true;
});
keyWithin(".choices", "↑ ↓ Home End", "Go to another customer", (event, list) => {
  if (!["ArrowUp", "ArrowDown", "Home", "End"].includes(event.key)) return false;
  event.preventDefault();
  step($$(".choice", list), event.key, event.target.closest(".choice")).focus();
  return true;
});
keyWithin(".pane", "Esc", "Back to the conversation", (event) => {
  if (event.key !== "Escape" || !$("#work").dataset.conversation) return false;
  back();
  return true;
});

body.addEventListener("click", ({ target }) => {
  if (target.closest("[data-to-choices]")) toChoices();
  const fold = target.closest("[data-fold]");
  if (!fold) return;
  const opens = fold.getAttribute("aria-expanded") !== "true";
  const part = expand(fold, opens);
  if (opens) $("input:not([readonly], [type=hidden])", part)?.focus();
});
// What the answer leaves behind is known before it comes, and gone afterwards.
body.addEventListener("htmx:afterRequest", (event) => {
  const { elt } = event.detail.requestConfig;
  if (Math.floor(event.detail.xhr.status / 100) !== 2) return;
  if ("back" in elt.dataset) setTimeout(back);
  if (elt.classList.contains("editing")) forget(elt);
  if ("cancel" in elt.dataset) forget(elt.form);
});
body.addEventListener("htmx:afterSettle", (event) => {
  const { elt } = event.detail;
  if (!["case-card", "customer-card"].includes(elt.id)) return;
  localTimes(elt);
  restoreDrafts(elt);
  clocks();
  const invalid = $('[aria-invalid="true"]', elt);
  if (invalid || !elt.contains(document.activeElement)) (invalid ?? $("input:not([type=hidden])", elt) ?? $("button", elt))?.focus({ preventScroll: true });
});

/* What time it is where a number is at home. */
function clocks() {
  for (const time of $$("[data-zone]")) {
    try { write(time, new Intl.DateTimeFormat(undefined, { timeStyle: "short", timeZone: time.dataset.zone }).format(Date.now())); } catch { time.parentElement.hidden = true; }
  }
}
for (const name of ["desk:arrive", "desk:pane"]) hear(name, clocks);
setInterval(clocks, 5000);
