/* The open conversation. */
import { $, $$, body, hear, parse, say, tell, write } from "./dom.js";
import { localTimes, tick } from "./clock.js";
import { remember, settle } from "./patch.js";
import { restoreDrafts } from "./drafts.js";
import { newCaseBegun, view } from "./pane.js";
import { newestUrl, swapThread, toEnd } from "./thread.js";

let refreshing = false, again = false;
const openId = () => $("#work").dataset.conversation;
const sending = () => Boolean($("#work .htmx-request"));
const openTile = () => openId() && document.getElementById(`tile-${openId()}`);

/* Mark the open tile, and fetch what the open conversation lacks. */
function followDesk() {
  const tile = openTile();
  for (const other of $$("#strip .tile, .parked-tile")) {
    if (other === tile) other.setAttribute("aria-current", "true"); else other.removeAttribute("aria-current");
  }
  if (!openId()) return;
  const state = tile ? tile.dataset.state : "CLOSED";
  if (state !== $("#work").dataset.state) {
    // Not under a form that is on its way: its answer would find its page gone.
    if (!sending()) reload($("#work").dataset.url, (html) => { if (!sending()) swapWork(html); });
    return;
  }
  if (!tile) return;
  if (tile.dataset.revision !== $("#thread").dataset.revision) reload(newestUrl(), swapThread);
  const pane = $("#pane"), named = $("#work").dataset.title;
  const isOld = pane.dataset.link !== tile.dataset.link || (tile.dataset.name !== named && pane.dataset.name !== tile.dataset.name);
  // Not under somebody's hands.
  if (isOld && !pane.contains(document.activeElement) && !$(".editing", pane)) reload($("#work").dataset.pane, swapPane);
  if ("setup" in tile.dataset && tile.dataset.setup !== $("#work").dataset.setup) reload($("#work").dataset.url, swapSetup);
  if (tile.dataset.name !== named) rename(tile);
}
hear("desk:drawn", followDesk);

function rename(tile) {
  $("#work").dataset.title = tile.dataset.name;
  write($("#talk-name"), tile.dataset.name);
  write($(".talk-head .initials"), ($(".avatar .initials", tile) ?? $(".avatar", tile)).textContent);
  if ($("#message:enabled")) $("#message").placeholder = `Write to ${tile.dataset.addressed}`;
}

async function reload(url, show) {
  if (refreshing) { again = true; return; }
  refreshing = true;
  const id = openId();
  try {
    const answer = await fetch(url, { headers: { "HX-Request": "true" }, signal: AbortSignal.timeout(8000) });
    if (answer.ok && id === openId()) show(await answer.text());
    if (answer.status === 404 && id === openId()) goHome();
  } catch { /* the next frame asks again */ } finally { refreshing = false; }
  const behind = $("#thread") && openTile() && openTile().dataset.revision !== $("#thread").dataset.revision;
  if ((behind || again) && id === openId()) setTimeout(() => tell("desk:drawn"), 300);
  again = false;
}

/* It went on to somebody else, or waits for anybody. */
const goHome = () => window.htmx.ajax("GET", body.dataset.home, { target: "#work", swap: "outerHTML", push: body.dataset.home, source: body });

function swapWork(html) {
  const fresh = parse(html).firstElementChild, work = $("#work"), pane = $("#pane"), field = document.activeElement;
  // Just accepted, only the strip has not heard of it yet: nothing is changed under somebody's hands.
  if (fresh.dataset.state === work.dataset.state) return;
  const inHand = pane && (newCaseBegun() || $(".editing", pane));
  work.replaceWith(fresh);
  // What somebody writes there is saved from there, and the pane is drawn anew by that.
  if (inHand && $("#pane")) $("#pane").replaceWith(pane);
  settle(fresh);
  arrive();
  if (inHand && work.classList.contains("details")) view("details");
  if (fresh.contains(field)) field.focus({ preventScroll: true });
}

/* A supervisor changed what it shows of the settings: drawn anew, but for what is half filled in. */
function swapSetup(html) {
  const fresh = parse(html).firstElementChild, work = $("#work");
  if (fresh.dataset.state !== work.dataset.state) return;
  work.dataset.setup = fresh.dataset.setup;
  for (const part of [".talk-meta", "#wrap-up-head", "#disposition-field"]) {
    const old = $(part, work), next = $(part, fresh);
    if (!old || !next) continue;
    const field = $("select", old), focused = old.contains(document.activeElement) && document.activeElement.id;
    old.replaceWith(next);
    settle(next);
    if (field) keepChoice(field.value, $("select", next));
    if (focused) document.getElementById(focused)?.focus({ preventScroll: true });
  }
  tick();
}

function keepChoice(chosen, select) {
  select.value = chosen;
  if (select.value === chosen) return;
  select.value = "";
  say(`“${chosen}” is no disposition of this queue any more. Choose another one; your note is kept.`, "alert", $("#wrap-up"));
}

/* The pane, and what the head of the conversation says of it. */
function swapPane(html) {
  for (const fresh of [...parse(html).children]) { document.getElementById(fresh.id)?.replaceWith(fresh); settle(fresh); }
  tell("desk:pane");
}

/* A conversation was put into #work. */
export function arrive() {
  const work = $("#work");
  $("#alert").replaceChildren();
  if ($("#confirm").open) $("#confirm").close("no"); // what it asked about is not shown any more
  remember(work);
  localTimes(work);
  toEnd();
  restoreDrafts(work);
  tell("desk:arrive");
  if (matchMedia("(min-width: 700px)").matches) ($("#message") ?? $("#disposition") ?? $("#resume") ?? $("#back-to-desk"))?.focus({ preventScroll: true });
  tick();
  tell("desk:drawn");
  openTile()?.scrollIntoView({ block: "nearest", inline: "nearest" });
}
