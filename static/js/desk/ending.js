/* Ending and handing over: the sheet that asks where to or until when, and what follows. */
import { $, $$, body, hear, isShown } from "./dom.js";
import { now, tick } from "./clock.js";
import { forget, restoreDrafts } from "./drafts.js";
import { key, press } from "./keys.js";
import { toast } from "./toast.js";

const sheet = $("#sheet");
const shown = () => { const { conversation, state } = $("#work").dataset; return `${conversation} ${state}`; };
let of = "", opener = null;

body.addEventListener("htmx:afterSettle", (event) => {
  if (event.detail.target.id !== "sheet-body") return;
  if (!sheet.open) opener = document.activeElement.closest(".me") ? $(".me summary") : document.activeElement;
  $(".me").open = false;
  restoreDrafts(sheet);
  tick();
  const own = $("#park-own");
  if (own) own.min = local(now());
  of = shown();
  if (!sheet.open) sheet.showModal();
});
// The button that opened it may be hidden, or gone with its page.
sheet.addEventListener("close", () => { if (document.activeElement === body || sheet.contains(document.activeElement)) (isShown(opener) ? opener : $("#work")).focus({ preventScroll: true }); });
// What it asked about is not shown any more.
hear("desk:arrive", () => { if (of !== shown()) sheet.close(); });
// "Stay" is a link where there is no script.
body.addEventListener("click", (event) => { if (event.target.closest("#sheet a[data-close]")) event.preventDefault(); });
// Fired at the form, and so told before its answer is put into the page.
body.addEventListener("desk:toast", (event) => toast(event.detail.words));

/* A moment as a datetime-local field has it, in this browser's zone. */
function local(moment) {
  const there = new Date(moment);
  there.setMinutes(there.getMinutes() - there.getTimezoneOffset());
  return there.toISOString().slice(0, 16);
}

function until(chosen) {
  if (chosen === "own") {
    const own = new Date($("#park-own").value);
    return isNaN(own) ? "" : own.toISOString();
  }
  const moment = new Date(now());
  if (chosen === "tomorrow") { moment.setDate(moment.getDate() + 1); moment.setHours(9, 0, 0, 0); }
  else moment.setMinutes(moment.getMinutes() + Number(chosen));
  return moment.toISOString();
}

body.addEventListener("htmx:configRequest", (event) => {
  const { elt, parameters, triggeringEvent } = event.detail;
  if (elt.id === "park-form") parameters.until = until(triggeringEvent?.submitter?.dataset.until ?? "own");
});
body.addEventListener("htmx:afterRequest", (event) => {
  const form = event.detail.requestConfig.elt;
  if (event.detail.successful && form.id === "hand-over-form") forget(form);
});

body.addEventListener("input", ({ target }) => {
  if (!target.dataset?.filters) return;
  const words = target.value.trim().toLowerCase();
  for (const row of $$(target.dataset.filters)) row.hidden = !row.textContent.toLowerCase().includes(words);
});

// What was missing is being put right.
body.addEventListener("input", ({ target }) => { if (target.closest("#wrap-up")) $("#composer-alert").replaceChildren(); });

// Another tab may have asked for more time.
hear("desk:drawn", () => {
  const mark = $(`#tile-${$("#work").dataset.conversation} [data-due]`), countdown = $("#wrap-up-head [data-due]");
  if (mark && countdown) countdown.dataset.due = mark.dataset.due;
});

const group = "The open conversation";
key("Alt+H H", "Hand it over", () => press("#hand-over"), group);
key("Alt+Z Z", "Park it until a time, or resume it", () => press("#park") || press("#resume"), group);
key("Alt+X X", "More time for the wrap-up", () => press("#more-time"), group);
key("Escape", "Leave a closed conversation", () => press("#back-to-desk"), group);
