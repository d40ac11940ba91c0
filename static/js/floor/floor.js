/* The floor in the browser: shows what the server drew, by the socket or else by asking.
 *
 * Every frame is the whole board; what did not change is not touched. */
import { $, parse } from "../desk/dom.js";
import { setClock, tick } from "../desk/clock.js";
import { patch } from "../desk/patch.js";

const floor = document.getElementById("floor");
const link = document.getElementById("floor-link");
const live = "socket" in floor.dataset; // else it is a conversation that is followed by asking
const SILENCE = 12_000, AGAIN = 2_000, ASK = live ? 3_000 : 1_000;
let heard = Date.now(), socket = null;

function show({ type, now, html }) {
  heard = Date.now();
  link.hidden = true;
  setClock(Date.parse(now));
  if (type !== "floor") return;
  for (const fresh of [...$("#board-fresh", wrapped(html)).children]) draw(fresh);
  tick();
}

const wrapped = (html) => parse(`<div id="board-fresh">${html}</div>`);

/* A section is drawn anew only where its own words changed; its list keeps the rows that did not. */
function draw(fresh) {
  const old = document.getElementById(fresh.id);
  if (!old) { $("#board").append(fresh); return; }
  const list = $("[data-keyed]", fresh), known = list && document.getElementById(list.id);
  if (known) patch(known, list); else patch(old, fresh);
}

function connect() {
  const address = new URL(floor.dataset.socket, location.href);
  address.protocol = address.protocol.replace("http", "ws");
  socket = new WebSocket(address);
  socket.onmessage = (message) => show(JSON.parse(message.data));
  socket.onclose = ({ code }) => {
    socket = null;
    if (code === 4401) location.reload(); else setTimeout(connect, AGAIN);
  };
}

/* Without a socket that says something, ask. */
async function ask() {
  if (live && Date.now() - heard < ASK + AGAIN) return;
  try {
    const answer = await fetch(floor.dataset.frame, { headers: { Accept: "application/json" } });
    if (answer.redirected || answer.status === 403) location.reload();
    else if (answer.ok) show(await answer.json());
    else throw new Error(answer.status);
  } catch {
    link.hidden = Date.now() - heard < SILENCE;
  }
  if (socket && Date.now() - heard > SILENCE) socket.close();
}

setClock(Date.parse(floor.dataset.now));
tick();
setInterval(tick, 500);
setInterval(ask, ASK);
if (live) connect();
document.addEventListener("submit", (event) => {
  const question = event.target.dataset.confirm;
  if (question && !confirm(question)) event.preventDefault();
});
