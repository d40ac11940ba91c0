/* The draft of the open conversation, kept on the server for every device (N6).
 *
 * What has not arrived there yet is in this tab's storage too, with the draft it was typed over: after a
 * crash it comes back, unless something newer stands in its place by then. */
import { $, body, csrf, hear, tell } from "./dom.js";
import { keep, kept } from "./drafts.js";

const PAUSE = 700, LONGEST_WAIT = 3000, IDLE = 1500;
let form = null, saved = "", timer = null, dirtySince = 0, typedAt = 0, posting = false;

const field = () => $("textarea", form);
const net = (of = form) => `text-${of.dataset.url}`;
const isDirty = () => field().value !== saved;
const isIdle = () => Date.now() - typedAt > IDLE;

function begin() {
  const fresh = $("#composer");
  if (fresh === form) return;
  if (form && !form.isConnected && isDirty()) save(true);
  clearTimeout(timer);
  form = fresh;
  dirtySince = 0;
  if (!form) return;
  saved = field().defaultValue;
  let left = null;
  try { left = JSON.parse(kept(net())); } catch { /* not ours */ }
  if (left?.on === form.dataset.drafted && left.text !== saved) { field().value = left.text; soon(); } else keep(net(), "");
  field().setSelectionRange(field().value.length, field().value.length);
}
hear("desk:arrive", begin);
hear("desk:composer", begin);

function soon() {
  dirtySince ||= Date.now();
  keep(net(), JSON.stringify({ text: field().value, on: form.dataset.drafted }));
  clearTimeout(timer);
  timer = setTimeout(save, Math.min(PAUSE, Math.max(0, dirtySince + LONGEST_WAIT - Date.now())));
}

async function save(last = false) {
  clearTimeout(timer);
  if (!form || !isDirty() || (posting && !last)) return;
  const mine = form, text = field().value;
  posting = true;
  let answer = {};
  try {
    // It outlives the page, and no typing waits for it.
    const response = await fetch(mine.dataset.keep, {
      method: "POST", keepalive: true, headers: { "X-CSRFToken": csrf(), "HX-Request": "true" },
      body: new URLSearchParams({ text, client_id: mine.elements.client_id.value }), signal: AbortSignal.timeout(8000),
    });
    if (response.ok) answer = await response.json();
  } catch { /* it stays in this tab, and is tried again with the next frame */ } finally { posting = false; }
  if (!answer.kept) return;
  if (mine !== form) { if (JSON.parse(kept(net(mine)) || "{}").text === text) keep(net(mine), ""); return; }
  saved = text;
  mine.dataset.drafted = answer.drafted;
  dirtySince = 0;
  if (isDirty()) soon(); else keep(net(), "");
}

body.addEventListener("input", ({ target }) => { if (form && target === field()) { typedAt = Date.now(); soon(); } });
body.addEventListener("focusout", ({ target }) => { if (form && target === field()) save(); });
addEventListener("pagehide", () => save(true));
document.addEventListener("visibilitychange", () => { if (document.hidden) save(true); });

/* The send took the draft with it; what was typed behind it is the next one. */
export function draftSent() {
  saved = "";
  dirtySince = 0;
  form.dataset.drafted = "";
  clearTimeout(timer);
  if (isDirty()) soon(); else keep(net(), "");
}

/* Another device of the agent's typed: show it here, unless somebody types here, too. */
hear("desk:drawn", async () => {
  const tile = document.getElementById(`tile-${$("#work").dataset.conversation}`);
  if (!form?.isConnected || !tile || posting || form.classList.contains("htmx-request")) return;
  if (isDirty()) { if (isIdle()) save(); return; }
  if (tile.dataset.drafted === form.dataset.drafted) return;
  if (!isIdle()) { clearTimeout(timer); timer = setTimeout(follow, IDLE); return; }
  follow();
});
async function follow() {
  const mine = form, before = saved;
  try {
    const answer = await fetch(mine.dataset.keep, { headers: { Accept: "application/json" }, signal: AbortSignal.timeout(8000) });
    if (!answer.ok) return;
    const { text, drafted } = await answer.json();
    if (mine !== form || !mine.isConnected || posting || saved !== before || isDirty()) return;
    mine.dataset.drafted = drafted;
    if (text === saved) return;
    field().value = saved = text;
    tell("desk:composer");
  } catch { /* the next frame asks again */ }
}
