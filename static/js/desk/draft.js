/* The draft of the open conversation, kept on the server for every device (N6).
 *
 * What stands in the box is always of one text: that of the composer's client_id, typed over the draft that
 * data-drafted tells. Only who takes out what was sent under that id goes on to the next one. What has not
 * arrived at the server is in this tab's storage, too, with both: after a crash it comes back. */
import { $, body, csrf, hear, say, tell } from "./dom.js";
import { recount } from "./counter.js";
import { keep, kept } from "./drafts.js";

const PAUSE = 700, LONGEST_WAIT = 3000, IDLE = 1500, TOGETHER = 10000, QUOTED = 40;
let form = null, saved = "", timer = null, dirtySince = 0, typedAt = 0, posting = false, following = false;

const field = () => $("textarea", form);
const id = () => form.elements.client_id;
const net = (of = form) => `text-${of.dataset.url}`;
const left = () => { try { return JSON.parse(kept(net())); } catch { return null; } };
const isDirty = () => field().value !== saved;
const isIdle = () => Date.now() - typedAt > IDLE;
const standing = () => ({ text: field().value, on: form.dataset.drafted, as: id().value });

/* What is left of a text when `sent` went out; all of it where that was another one. */
export const without = (text, sent) => (text.startsWith(sent) ? text.slice(sent.length).trimStart() : text);

/* The caret stays where it is, seen from the end. */
function show(text) {
  const box = field(), behind = box.value.length - box.selectionEnd;
  if (box.value === text) return;
  box.value = text;
  box.setSelectionRange(text.length - behind, text.length - behind);
  recount(form);
}

function begin() {
  const fresh = $("#composer"), old = form;
  if (fresh === old) return;
  const isSame = old && fresh?.dataset.url === old.dataset.url, typed = old && !old.isConnected && isDirty() ? standing() : null;
  if (typed && !isSame) save(true);
  clearTimeout(timer);
  form = fresh;
  dirtySince = 0;
  if (!form) return;
  saved = field().defaultValue;
  const mine = (isSame && typed) || left();
  if (mine?.as && mine.text !== saved) {
    field().value = mine.text;
    form.dataset.drafted = mine.on;
    id().value = mine.as;
    soon();
  } else keep(net(), "");
  field().setSelectionRange(field().value.length, field().value.length);
  recount(form);
}
hear("desk:arrive", begin);
hear("desk:composer", begin);

function soon() {
  dirtySince ||= Date.now();
  keep(net(), JSON.stringify(standing()));
  clearTimeout(timer);
  timer = setTimeout(save, Math.min(PAUSE, Math.max(0, dirtySince + LONGEST_WAIT - Date.now())));
}

async function save(last = false) {
  clearTimeout(timer);
  if (!form || !isDirty() || (posting && !last)) return;
  const mine = form, { text, on, as } = standing();
  posting = true;
  let answer = null;
  try {
    // It outlives the page, and no typing waits for it.
    const response = await fetch(mine.dataset.keep, {
      method: "POST", keepalive: true, headers: { "X-CSRFToken": csrf(), "HX-Request": "true" },
      body: new URLSearchParams({ text, drafted: on, client_id: as }), signal: AbortSignal.timeout(8000),
    });
    if (response.ok) answer = await response.json();
  } catch { /* it stays in this tab, and is tried again with the next frame */ } finally { posting = false; }
  if (!answer) return;
  if (mine !== form) { if (answer.kept && JSON.parse(kept(net(mine)) || "{}").text === text) keep(net(mine), ""); return; }
  if (id().value !== as) return; // it went out meanwhile
  if (!answer.kept) { follow(); return; }
  saved = answer.text;
  mine.dataset.drafted = answer.drafted;
  dirtySince = 0;
  if (answer.text !== text) join(text, answer.text);
  if (isDirty()) soon(); else keep(net(), "");
}

/* Another device's words came over the same draft: the server put them before these. */
function join(text, both) {
  const { value } = field();
  show(value.startsWith(text) ? both + value.slice(text.length) : `${both}\n${value}`);
  beware();
}

/* The first Send asks once more. */
function beware() {
  form.dataset.joined = "yes";
  say("You were writing on another device, too. Its words stand in this text now: send what you want to send.");
}

body.addEventListener("input", ({ target }) => { if (form && target === field()) { typedAt = Date.now(); soon(); } });
body.addEventListener("focusout", ({ target }) => { if (form && target === field()) save(); });
addEventListener("pagehide", () => save(true));
document.addEventListener("visibilitychange", () => { if (document.hidden) save(true); });

/* The send took the draft with it; what was typed behind it is the next one, under the next id. */
export function draftSent(sent, next) {
  saved = "";
  dirtySince = 0;
  form.dataset.drafted = "";
  id().value = next;
  show(without(field().value, sent));
  clearTimeout(timer);
  if (isDirty()) soon(); else keep(net(), "");
}

/* Another window of the agent's typed, or sent: show it here, unless somebody types here, too. */
function catchUp() {
  const tile = document.getElementById(`tile-${$("#work").dataset.conversation}`);
  if (!form?.isConnected || posting || form.classList.contains("htmx-request")) return;
  if ($("#thread").dataset.next !== id().value) { follow(); return; }
  if (!tile) return;
  if (isDirty()) { if (isIdle()) save(); return; }
  if (tile.dataset.drafted === form.dataset.drafted) return;
  if (!isIdle()) { clearTimeout(timer); timer = setTimeout(follow, IDLE); return; }
  follow();
}
hear("desk:drawn", catchUp);
hear("desk:thread", catchUp);

async function follow() {
  if (following || !form?.isConnected) return;
  const mine = form, before = saved, as = id().value;
  following = true;
  try {
    const answer = await fetch(`${mine.dataset.keep}?${new URLSearchParams({ client_id: as })}`, { headers: { Accept: "application/json" }, signal: AbortSignal.timeout(8000) });
    if (!answer.ok) return;
    const { text, drafted, next, sent } = await answer.json();
    if (mine !== form || !mine.isConnected || posting || mine.classList.contains("htmx-request") || saved !== before || id().value !== as) return;
    const typed = field().value, wasDirty = isDirty();
    if (next === as && wasDirty) return; // saving it joins the two
    id().value = next;
    if (wasDirty) {
      const rest = sent.reduce(without, typed);
      show(sent.some((one) => one.startsWith(rest)) ? "" : rest); // an earlier state of it is nothing of its own
      soon(); // over the draft it was typed over: what else is kept there is joined
    } else {
      saved = text;
      mine.dataset.drafted = drafted;
      show(text);
      if (next === as && typed && text && text !== typed && Date.now() - typedAt < TOGETHER) beware();
    }
    if (next === as) return;
    tell("desk:sent");
    const went = sent.find((one) => typed && typed !== one && typed.startsWith(one));
    if (went && field().value) say(`“${went.length > QUOTED ? `${went.slice(0, QUOTED)}…` : went}” went out from another window of yours, so it was taken out here. What you typed behind it is kept.`);
  } catch { /* the next frame asks again */ } finally { following = false; }
}
