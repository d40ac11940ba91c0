/* The clock: the server's, not ours. */
import { $, $$, body, tell, write } from "./dom.js";

let ahead = Date.parse(body.dataset.now) - Date.now();
export const now = () => Date.now() + ahead;
export const setClock = (moment) => { ahead = moment - Date.now(); };
const pad = (number) => String(number).padStart(2, "0");
const span = (seconds) => {
  const s = Math.max(0, Math.floor(seconds)), h = Math.floor(s / 3600), m = Math.floor((s % 3600) / 60);
  return h ? `${h}:${pad(m)}:${pad(s % 60)}` : `${m}:${pad(s % 60)}`;
};

const told = new WeakSet(); // countdowns whose end was announced

export function tick() {
  for (const element of $$("[data-since]")) write(element, span((now() - Date.parse(element.dataset.since)) / 1000));
  for (const element of $$("[data-due]")) {
    const left = (Date.parse(element.dataset.due) - now()) / 1000;
    if (!element.dataset.total) {
      write(element, span(Math.ceil(left)));
      if (left <= 1.5 && !told.has(element)) { told.add(element); tell("desk:ending", element); }
      continue;
    }
    const share = Math.max(0, Math.min(1, left / element.dataset.total));
    $(".ring-left", element).setAttribute("stroke-dasharray", `${(share * 100).toFixed(1)} 100`);
    element.classList.toggle("late", left <= 5);
    write($("[data-seconds]", element), String(Math.max(0, Math.ceil(left))));
  }
}

export function localTimes(from) {
  const format = (options) => new Intl.DateTimeFormat(undefined, options);
  const day = format({ dateStyle: "medium", timeStyle: "short" }), hour = format({ timeStyle: "short" });
  const full = format({ dateStyle: "medium", timeStyle: "medium" });
  for (const time of $$("time[datetime]", from)) {
    const moment = Date.parse(time.dateTime);
    if ("day" in time.dataset) write(time, day.format(moment));
    if ("clock" in time.dataset) write(time, hour.format(moment));
    if ("full" in time.dataset) time.title = full.format(moment);
  }
}
