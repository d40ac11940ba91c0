/* The wrap-up: its disposition and note are kept before the time runs out. */
import { $, $$, body, hear } from "./dom.js";
import { keep, kept } from "./drafts.js";

/* Let the server keep the disposition and the note as they are, without waiting for a pause. */
const keepWrapUp = () => $("#wrap-up-fields")?.dispatchEvent(new Event("keep"));

// The last words, before the time runs out on somebody who is typing.
hear("desk:ending", (countdown) => { if (countdown.closest("#wrap-up")) keepWrapUp(); });
// What was typed before a reload and had not arrived yet.
hear("desk:arrive", () => { if ($$("#wrap-up [data-draft]").some((field) => kept(field.dataset.draft))) setTimeout(keepWrapUp); });

/* Wrapping up leaves the New case form behind, too. */
let left = [];
body.addEventListener("htmx:beforeRequest", (event) => {
  if (event.detail.elt.id === "wrap-up") left = $$("#work [data-draft]").map((field) => field.dataset.draft);
});
body.addEventListener("htmx:afterRequest", (event) => {
  const form = event.detail.requestConfig.elt; // detail.elt is the body where the answer replaced it
  if (Math.floor(event.detail.xhr.status / 100) !== 2) return; // htmx calls a refusal that is shown a success
  if (form.id === "wrap-up") for (const field of left) keep(field, "");
  if (form.id === "wrap-up-fields") {
    const sent = event.detail.requestConfig.parameters;
    for (const field of $$("[data-draft]", form)) if (field.value === sent[field.name]) keep(field.dataset.draft, "");
  }
});
