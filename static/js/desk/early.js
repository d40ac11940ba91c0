/* What is typed while a conversation is still coming is for the composer that comes with it. */
import { $, body, hear } from "./dom.js";
import { replaceIn } from "./counter.js";
// First: the draft that stands in it.
import "./draft.js";

const MOST = 500;
let coming = null, from = "", typed = "";

const open = () => $("#work").dataset.conversation;
const end = () => { coming = null; typed = ""; };

body.addEventListener("htmx:beforeRequest", ({ detail: { elt } }) => {
  if (elt.matches(".tile, .accept")) [coming, from, typed] = [elt, open(), ""];
});
// Refused, or without an answer: none comes.
body.addEventListener("htmx:afterRequest", ({ detail: { requestConfig, xhr } }) => {
  if (requestConfig.elt === coming && (Math.floor(xhr.status / 100) !== 2 || xhr.getResponseHeader("HX-Retarget"))) end();
});
hear("desk:arrive", () => {
  // What is open may be drawn anew meanwhile. An offer does not say which conversation it is of.
  const isIt = coming?.dataset.conversation ? coming.dataset.conversation === open() : open() !== from, box = $("#message");
  if (!coming || !isIt) return;
  if (typed && box && !box.readOnly) replaceIn(box, box.value.length, box.value.length, typed);
  end();
});

addEventListener("keydown", (event) => {
  const { key, target } = event;
  if (!coming || event.isComposing || event.ctrlKey || event.metaKey || event.altKey || target.closest?.("input, textarea, select, dialog")) return;
  if (key.length === 1) typed = (typed + key).slice(0, MOST); else if (key === "Backspace") typed = typed.slice(0, -1); else return;
  event.preventDefault();
  event.stopImmediatePropagation();
  $("#work").focus({ preventScroll: true }); // or a space presses the tile once more
}, true);
