/* What htmx asks and what it is answered: tokens, errors, swaps, and the question before. */
import { $, alarm, body, csrf, tell } from "./dom.js";
import { localTimes } from "./clock.js";
import { isLinked, leaving, poll } from "./link.js";
import { ask } from "./ask.js";
import { arrive } from "./conversation.js";
import { showMore, swapThread } from "./thread.js";
import { newCaseBegun } from "./pane.js";

body.addEventListener("htmx:configRequest", (event) => { event.detail.headers["X-CSRFToken"] = csrf(); });
body.addEventListener("htmx:beforeRequest", (event) => {
  if (!["composer", "wrap-up-fields"].includes(event.detail.elt.id)) $("#alert").replaceChildren();
});
// The desk redirects fragments for one reason only: nobody is signed in any more.
body.addEventListener("htmx:beforeOnLoad", (event) => { if (event.detail.xhr.getResponseHeader("HX-Redirect")) leaving(); });
body.addEventListener("htmx:beforeSwap", (event) => {
  const { xhr, target } = event.detail;
  const held = xhr.status === 409 && target.id === "thread"; // a send, for what came meanwhile: here it is
  if (xhr.status >= 400 && !xhr.getResponseHeader("HX-Retarget") && xhr.status !== 422 && !held) {
    event.detail.shouldSwap = false;
    alarm(xhr.status === 403 ? "You were signed in anew elsewhere. Reload this page; what you typed is kept."
      : "That did not work. Nothing was lost; try again.");
    return;
  }
  if (!event.detail.shouldSwap || xhr.getResponseHeader("HX-Retarget")) return;
  if (target.id === "thread") {
    event.detail.shouldSwap = false;
    swapThread(event.detail.serverResponse, event.detail.requestConfig.verb === "post");
  } else if (target.matches(".turn")) {
    event.detail.shouldSwap = false;
    showMore(target, event.detail.serverResponse);
  }
});
for (const kind of ["htmx:sendError", "htmx:timeout"]) body.addEventListener(kind, ({ detail }) => alarm(detail.elt.id === "composer"
  ? "The desk did not answer. If your text does not appear above, press Send again: it never goes twice."
  : "No connection to the desk. Nothing is lost; try again in a moment."));
body.addEventListener("htmx:responseError", (event) => {
  const { status } = event.detail.xhr;
  if (status === 404) alarm("This is not on your desk any more.");
  else alarm("The desk could not do that. Nothing is lost; try again.");
});
body.addEventListener("htmx:afterRequest", (event) => {
  if (event.detail.requestConfig.verb === "post" && !isLinked()) poll();
  setTimeout(() => tell("desk:drawn"));
});
body.addEventListener("htmx:afterSettle", (event) => {
  if (event.detail.target.id === "work" || event.detail.elt.id === "work") arrive();
  else if (event.detail.elt.id === "pane" || event.detail.target.id === "pane") tell("desk:pane");
  else localTimes(event.detail.elt);
});
body.addEventListener("htmx:confirm", (event) => {
  const { elt } = event.detail;
  const unsaved = elt.id === "wrap-up" && newCaseBegun() && "The New case form is not saved. Wrap up without it?";
  const written = $("#message")?.value.trim();
  const unsent = written && elt.matches(".end") && "What you have written is not sent, and is thrown away. Go on without it?";
  const unseen = written && elt.id === "hand-over-form" && "What you have written is not sent, and your colleague does not see it. Hand over without it?";
  const question = event.detail.question || unsaved || unsent || unseen;
  if (!question) return;
  event.preventDefault();
  ask(question, elt.dataset.yes, () => event.detail.issueRequest(true));
});
