/* The wrap-up: its disposition and note are kept before the time runs out, and the same on every device. */
import { $, $$, body, hear } from "./dom.js";
import { keep, kept } from "./drafts.js";

const IDLE = 1500;
let typedAt = 0, following = false;

const inputs = () => $$("#wrap-up [data-saved]");
const isTyped = (field) => field.value !== field.dataset.saved;
const address = () => `${$("#work").dataset.url}wrap-up/draft`;

/* Let the server keep the disposition and the note as they are, without waiting for a pause. */
const keepWrapUp = () => $("#wrap-up-fields")?.dispatchEvent(new Event("keep"));

// The last words, before the time runs out on somebody who is typing.
hear("desk:ending", (countdown) => { if (countdown.closest("#wrap-up")) keepWrapUp(); });
// What was typed before a reload, or before the zero, and had not arrived yet.
hear("desk:arrive", () => {
  takeNote();
  if (inputs().some(isTyped)) setTimeout(keepWrapUp);
  const closed = $("#closed"), names = ["disposition", "note"].filter((name) => kept(draft(name)));
  if (!closed || !names.length) return;
  const values = Object.fromEntries(names.map((name) => [name, kept(draft(name))]));
  setTimeout(() => window.htmx.ajax("POST", address(), { source: closed, target: closed, swap: "outerHTML", values }));
});
const draft = (name) => `${name}-${$("#work").dataset.conversation}`;

/* A note to colleagues that the end came over goes into the log's, for it can be added no more. */
function takeNote() {
  const place = $("#note"), left = kept(draft("internal-note"));
  if (!place || !left) return;
  place.value = `${place.value} ${left}`.replace(/\s+/g, " ").trim(); // the field has one line
  keep(draft("note"), place.value);
  keep(draft("internal-note"), "");
}

// Only what was typed here: the rest may be another device's.
body.addEventListener("htmx:configRequest", ({ detail }) => {
  if (detail.elt.id !== "wrap-up-fields") return;
  for (const field of inputs()) if (!isTyped(field)) delete detail.parameters[field.name];
});
body.addEventListener("input", ({ target }) => { if (target.closest("#wrap-up")) typedAt = Date.now(); });

/* Another device has filled something in: show it, unless somebody types here. */
async function follow() {
  const fields = $("#wrap-up-fields"), tile = document.getElementById(`tile-${$("#work").dataset.conversation}`);
  if (!fields || !tile || following || fields.matches(".htmx-request") || tile.dataset.kept === fields.dataset.kept) return;
  const wait = typedAt + IDLE - Date.now();
  if (wait > 0) { setTimeout(follow, wait); return; }
  following = true;
  try {
    const answer = await fetch(address(), { headers: { Accept: "application/json" }, signal: AbortSignal.timeout(8000) });
    if (!answer.ok || !fields.isConnected) return;
    const words = await answer.json();
    fields.dataset.kept = words.kept;
    for (const field of inputs()) {
      if (!isTyped(field)) field.value = words[field.name];
      field.dataset.saved = words[field.name];
    }
  } catch { /* the next frame asks again */ } finally { following = false; }
}
hear("desk:drawn", follow);

/* Wrapping up leaves the New case form behind, too. */
let left = [];
body.addEventListener("htmx:beforeRequest", (event) => {
  const { id } = event.detail.elt;
  // The whole is on its way: a part of it that comes later would be refused.
  if (id === "wrap-up-fields" && $("#wrap-up").matches(".htmx-request")) event.preventDefault();
  if (id !== "wrap-up") return;
  left = $$("#work [data-draft]").map((field) => field.dataset.draft);
  window.htmx.trigger($("#wrap-up-fields"), "htmx:abort");
});
// Before the answer is drawn: what is still kept when it arrives counts as typed and on its way.
body.addEventListener("htmx:beforeOnLoad", ({ detail: { requestConfig, xhr } }) => {
  if (requestConfig.elt.id === "wrap-up" && Math.floor(xhr.status / 100) === 2) for (const field of left) keep(field, "");
});
body.addEventListener("htmx:afterRequest", (event) => {
  const { elt: form, parameters: sent } = event.detail.requestConfig; // detail.elt is the body where the answer replaced it
  if (Math.floor(event.detail.xhr.status / 100) !== 2) return; // htmx calls a refusal that is shown a success
  if (form.id === "closed") {
    for (const name of Object.keys(sent)) if (kept(draft(name)) === sent[name]) keep(draft(name), "");
    if (document.activeElement === body) $("#back-to-desk")?.focus({ preventScroll: true });
  }
  if (form.id !== "wrap-up-fields") return;
  form.dataset.kept = ""; // another device may have filled in the rest meanwhile
  setTimeout(follow, IDLE);
  for (const field of $$("[data-saved]", form)) {
    if (!(field.name in sent)) continue;
    field.dataset.saved = sent[field.name];
    if (!isTyped(field)) keep(field.dataset.draft, "");
  }
});
