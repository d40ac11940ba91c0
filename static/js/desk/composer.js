/* The composer of the open conversation: one text a press, never over the head of a newer one. */
import { $, $$, body, hear, parse, tell } from "./dom.js";
import { localTimes } from "./clock.js";
import { settle } from "./patch.js";
import { keyWithin } from "./keys.js";
import { table } from "./counter.js";
import { draftSent } from "./draft.js";

const LONGEST_PREVIEW = 200;
const busy = (form) => form.classList.contains("htmx-request");

function say(sentence, kind = "alert") {
  const p = document.createElement("p");
  p.className = kind;
  p.textContent = sentence;
  $("#composer-alert").replaceChildren(p);
}

/* The last message that whoever presses Send has seen: not what lies below the fold, unread. */
function lastSeen() {
  const thread = $("#thread");
  if ($("#new-lines").hidden) return thread.dataset.last;
  const end = thread.getBoundingClientRect().bottom;
  const inView = $$("[id^=message-]", thread).filter((bubble) => bubble.getBoundingClientRect().top < end);
  return inView.at(-1)?.id.replace("message-", "") ?? 0;
}

body.addEventListener("input", ({ target }) => { if (target.id === "message") $("#composer-alert .alert")?.remove(); });
body.addEventListener("htmx:configRequest", ({ detail }) => {
  if (detail.elt.id === "composer") detail.parameters.seen = detail.elt.dataset.seen = lastSeen();
});
body.addEventListener("htmx:beforeRequest", (event) => {
  const form = event.detail.elt;
  if (form.id !== "composer") return;
  const text = $("#message").value, over = [...text].length - table.limit;
  if (text.trim() && over <= 0) { form.dataset.sent = text; return; }
  event.preventDefault();
  $("#message").focus();
  say(over > 0 ? `The text is ${over} character${over > 1 ? "s" : ""} too long. Shorten it to ${table.limit}; nothing was cut.` : "There is nothing to send yet: write a message first.");
});

// Told at the form, before its answer is put into the page.
body.addEventListener("desk:held", ({ target, detail }) => { target.dataset.held = detail.sentence; });

body.addEventListener("htmx:afterRequest", ({ detail }) => {
  const form = detail.requestConfig.elt; // detail.elt is the body where the answer replaced it
  if (form.id !== "composer" || !form.isConnected) return;
  // htmx calls a refusal that is shown a success.
  const { status } = detail.xhr;
  if (Math.floor(status / 100) === 2) { wasSent(form); $("#message").focus({ preventScroll: true }); }
  else if (status) delete form.dataset.sent; // else nobody knows: the thread will tell
  if (form.dataset.held) showNews(form);
  form.elements.client_id.value = $("#thread").dataset.next;
});

function wasSent(form) {
  const message = $("#message"), sent = form.dataset.sent ?? "";
  delete form.dataset.sent;
  message.value = message.value.startsWith(sent) ? message.value.slice(sent.length) : message.value;
  $("#composer-alert").replaceChildren();
  $("#alert").replaceChildren(); // it may say that the desk did not answer
  for (const bubble of $$("#thread .news")) bubble.classList.remove("news");
  draftSent();
  tell("desk:composer");
}

/* Held: mark what its author has not seen, and bring it into view. */
function showNews(form) {
  const thread = $("#thread"), isNew = ({ id }) => Number(id.replace("message-", "")) > Number(form.dataset.seen);
  for (const bubble of $$("[id^=message-]:not(.agent)", thread).filter(isNew)) bubble.classList.add("news");
  thread.scrollTop = thread.scrollHeight;
  thread.dispatchEvent(new Event("scroll"));
  say(form.dataset.held, "alert held");
  delete form.dataset.held;
  $("#message").focus({ preventScroll: true });
}

/* A text went out under this composer's id: from another tab, or from here though the answer was lost. */
hear("desk:thread", () => {
  const form = $("#composer"), { next } = $("#thread").dataset;
  if (!form || busy(form) || form.elements.client_id.value === next) return;
  const last = $$("#thread .bubble.agent .said").at(-1)?.textContent.slice(0, LONGEST_PREVIEW);
  if (form.dataset.sent && last === form.dataset.sent.slice(0, LONGEST_PREVIEW)) wasSent(form);
  form.elements.client_id.value = next;
});

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
let atEnd = true;
const watched = new ResizeObserver(([{ target }]) => { if (atEnd) target.scrollTop = target.scrollHeight; });
addEventListener("scroll", ({ target }) => {
  if (target.id === "thread") atEnd = target.scrollHeight - target.scrollTop - target.clientHeight < 60;
}, { capture: true, passive: true });
hear("desk:arrive", () => {
  watched.disconnect();
  atEnd = true;
  if ($("#thread")) watched.observe($("#thread"));
});

keyWithin("#message", "Enter", "Send the message", (event) => {
  if (event.key !== "Enter" || event.shiftKey || event.altKey || event.ctrlKey || event.metaKey) return false;
  event.preventDefault();
  event.target.form.requestSubmit();
  return true;
});
