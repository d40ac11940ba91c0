/* The link: a socket, and polling without one. */
import { $, body, csrf, parse, tell, write } from "./dom.js";
import { now, setClock, tick } from "./clock.js";
import { patch } from "./patch.js";
import { forgetAll } from "./drafts.js";

let version = Number(body.dataset.version), shownAt = 0, socket = null, attempts = 0, heardAt = Date.now();
let beatenAt = 0, polling = null, retry = null, lost = null;

function apply(frame) {
  const moment = Date.parse(frame.now);
  if (frame.version < version || (frame.version === version && moment < shownAt)) return;
  version = frame.version;
  shownAt = moment;
  setClock(moment);
  for (const fresh of [...parse(frame.html).children]) {
    const old = document.getElementById(fresh.id);
    if (old) patch(old, fresh);
  }
  tick();
  tell("desk:drawn");
}

const told = (sentence) => { if (sentence) tell("desk:missed", sentence); };

export const isLinked = () => socket?.readyState === WebSocket.OPEN;

function beat() {
  if (!isLinked() || Date.now() - beatenAt < 3000) return;
  beatenAt = Date.now();
  socket.send('{"type":"heartbeat"}');
}

/* Signed out here or in another tab: nothing that was typed stays behind for the next person. Where the
 * session only ran out, nobody meant to leave: the same agent finds it again (another one does not, see drafts). */
export function leaving() {
  if (now() < Date.parse(body.dataset.ends) - 60_000) forgetAll(); // clocks differ a little
}

let left = false;
body.addEventListener("htmx:beforeOnLoad", ({ detail: { requestConfig, xhr } }) => {
  if (requestConfig.path !== $("#sign-out").action.slice(location.origin.length) || !xhr.getResponseHeader("HX-Redirect")) return;
  left = true; // where to is in the answer: not back to what was open
  forgetAll();
});
function leave() {
  if (left) return;
  leaving();
  location.href = `${body.dataset.signIn}?next=${encodeURIComponent(location.pathname)}`;
}

/* The session has ended: by signing out, or by signing in anew, after which the desk goes on. */
async function leaveOrReload() {
  try {
    const answer = await fetch(body.dataset.frame, { headers: { Accept: "application/json" }, signal: AbortSignal.timeout(5000) });
    if (answer.ok && !answer.redirected) { location.reload(); return; }
  } catch { /* whoever cannot be asked is not trusted */ }
  leave();
}

export function connect() {
  clearTimeout(retry);
  if (socket && socket.readyState <= WebSocket.OPEN) return;
  const mine = new WebSocket(`${location.protocol === "https:" ? "wss" : "ws"}://${location.host}/desk/socket`);
  socket = mine;
  mine.onopen = () => { beatenAt = 0; heardAt = Date.now(); beat(); };
  mine.onmessage = (event) => {
    heardAt = Date.now();
    const frame = JSON.parse(event.data);
    if (frame.type === "desk") { attempts = 0; showLost(false); apply(frame); }
    if (frame.type === "missed") told(frame.sentence);
    // The server asks; an answer needs no timer, and so comes from hidden tabs too.
    if (frame.type === "beat" && !frame.heard) beat();
  };
  mine.onclose = (event) => {
    if (socket !== mine) return;
    socket = null;
    if (event.code === 4401) { leaveOrReload(); return; }
    showLost(true);
    const wait = Math.min(5000, 500 * 2 ** attempts++) * (0.5 + Math.random() / 2);
    retry = setTimeout(connect, Math.max(500, wait));
  };
}

/* A blink of the line says nothing; after a second the calm bar does, and the desk polls. */
function showLost(yes) {
  if (!yes) {
    clearTimeout(lost); clearInterval(polling); lost = polling = null;
    if ($("#link-bar").textContent) $("#alert").replaceChildren();
    write($("#link-bar"), "");
    return;
  }
  if (lost) return;
  lost = setTimeout(() => {
    write($("#link-bar"), "Connection lost, reconnecting… Nothing is lost.");
    poll();
    polling = setInterval(poll, 2000);
  }, 1000);
}

export async function poll() {
  try {
    const answer = await fetch(body.dataset.frame, {
      method: "POST", headers: { Accept: "application/json", "X-CSRFToken": csrf() }, signal: AbortSignal.timeout(5000),
    });
    if (answer.status === 401) { leave(); return; }
    if (answer.ok) { const frame = await answer.json(); apply(frame); told(frame.missed); }
  } catch { /* still away; the bar says so */ }
}

setInterval(() => {
  beat();
  // A line that is open but silent is dead: the server speaks every five seconds.
  if (socket && Date.now() - heardAt > 12000) { const dead = socket; socket = null; dead.onclose = null; dead.close(); showLost(true); connect(); }
}, 5000);
addEventListener("online", () => { attempts = 0; connect(); });
addEventListener("offline", () => { if (socket) { const dead = socket; dead.close(); dead.onclose?.({ code: 1006 }); } });
document.addEventListener("visibilitychange", () => { if (!document.hidden) { if (!socket) { attempts = 0; connect(); } beat(); } });
