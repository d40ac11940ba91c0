/* The thread: its newest lines follow the conversation, older ones come when they are scrolled to, and
 * what is being read stays where it is. */
import { $, $$, body, parse, tell, write } from "./dom.js";
import { patch, settle } from "./patch.js";

const PAGE = 50, NEAR = 300;
export const atEnd = (thread) => thread.scrollHeight - thread.scrollTop - thread.clientHeight < 60;
const toBottom = () => { const thread = $("#thread"); if (thread) thread.scrollTop = thread.scrollHeight; };
const top = (element) => element.getBoundingClientRect().top;

/* Whatever `change` puts above or below, `anchor` stays where it is: the first line that is in view, if none is given. */
function steadily(change, anchor) {
  const thread = $("#thread"), edge = top(thread);
  anchor ??= $$("#thread > .past, .past[open] .line, #newest .line").find((line) => line.getBoundingClientRect().bottom > edge);
  const at = anchor && top(anchor);
  change();
  const now = anchor?.isConnected ? anchor : anchor && document.getElementById(anchor.id); // drawn anew
  if (now) thread.scrollTop += top(now) - at;
}

/* Where the newest lines come from: those from the last page on that is shown, and nothing between is missed. */
export function newestUrl() {
  const lines = $$("#lines > .line"), first = lines.at(-PAGE) ?? lines[0];
  return $("#work").dataset.thread + (first ? `?line=${first.id}` : "");
}

/* Show newer lines. `mine`: they answer what was done here, and so are looked at. */
export function swapThread(html, mine = false) {
  const thread = $("#thread"), fresh = $("#newest", parse(html));
  if (!thread || !fresh || Number(fresh.dataset.revision) < Number(thread.dataset.revision)) return;
  const follow = mine || atEnd(thread), known = new Set($$("#newest .line").map((line) => line.id));
  const first = $("#lines > .line", fresh)?.id, joint = first && $(`#lines > #${first}`);
  steadily(() => {
    if (joint) while ($("#lines").firstElementChild !== joint) $("#older").append($("#lines").firstElementChild);
    else { $("#older").replaceWith($("#older", fresh)); settle($("#older")); } // too much is new: begin anew
    patch($("#lines"), $("#lines", fresh));
    Object.assign(thread.dataset, fresh.dataset);
  });
  if (follow) toEnd();
  else pill($$("#lines > .customer, #lines > .note").filter((line) => !known.has(line.id)).length);
  tell("desk:thread");
}

let unseen = 0;
function pill(more) {
  unseen = more === 0 ? unseen : unseen + more;
  const button = $("#new-lines");
  if (!button) return;
  button.hidden = unseen === 0;
  write(button, `${unseen} new ↓`);
}
const seen = () => { unseen = 0; pill(0); };
export const toEnd = () => { toBottom(); seen(); };
body.addEventListener("click", (event) => { if (event.target.closest("#new-lines")) { toEnd(); $("#message")?.focus(); } });

/* What is older is no news: it is not read out. */
function quietly(change) {
  const thread = $("#thread");
  thread.setAttribute("aria-live", "off");
  change();
  setTimeout(() => thread.removeAttribute("aria-live"), 1000);
}

/* A page of lines, or of folded conversations, in the place of the button that asked for it. */
export function showMore(button, html) {
  const fresh = [...parse(html).children], focused = document.activeElement === button;
  const above = button.dataset.more === "above" ? button.nextElementSibling ?? $("#lines > .line") : undefined;
  quietly(() => steadily(() => { button.replaceWith(...fresh); fresh.forEach(settle); }, above));
  if (focused) (fresh.find((element) => element.matches(".turn")) ?? $("#thread")).focus({ preventScroll: true });
}

let scrolledTo = 0;
document.addEventListener("scroll", ({ target: thread }) => {
  if (thread.id !== "thread") return;
  const way = thread.scrollTop < scrolledTo ? "above" : "below", box = thread.getBoundingClientRect();
  scrolledTo = thread.scrollTop;
  if (atEnd(thread)) seen();
  for (const button of $$("#thread > .turn, #older > .turn, .past[open] .turn")) {
    const { top, bottom } = button.getBoundingClientRect();
    if (button.dataset.more === way && bottom > box.top - NEAR && top < box.bottom + NEAR && !button.matches(".htmx-request")) button.click();
  }
}, { capture: true, passive: true });

/* A past conversation is fetched when it is unfolded, and again if that failed. */
document.addEventListener("toggle", ({ target }) => {
  const lines = target.matches?.(".past[open]") && $("[data-unfolds]", target);
  if (lines && $(".loading", lines) && !lines.matches(".htmx-request")) quietly(() => window.htmx.trigger(lines, "unfold"));
}, true);
