/* What every part leans on: finding, writing, storing, telling.
 *
 * Told on the document:
 *   desk:drawn   what stands on the desk may have changed, by a frame, an answer or an arrival
 *   desk:arrive  a conversation was put into #work
 *   desk:thread  the messages of the open conversation were drawn anew
 *   desk:composer  its composer was drawn anew
 *   desk:sent    a text of the agent's went out from it, here or elsewhere
 *   desk:pane    the customer and case were drawn anew
 *   desk:late    a conversation has passed its target
 *   desk:missed  a sentence, the detail, about what came while no desk was open
 *   desk:ending  a countdown, the detail, is about to end */
export const body = document.body;

export const $ = (selector, from = document) => from.querySelector(selector);
export const $$ = (selector, from = document) => [...from.querySelectorAll(selector)];
export const parse = (html) => { const box = document.createElement("template"); box.innerHTML = html; return box.content; };
export const write = (element, text) => { if (element.textContent !== text) element.textContent = text; };

export const isShown = (element) => Boolean(element?.getClientRects().length);

/* Say what went wrong, where it is read out: of the whole desk, or in a form. */
export const alarm = (sentence, at = $("#alert"), kind = "alert") => at?.replaceChildren(Object.assign(document.createElement("p"), { className: kind, textContent: sentence }));
export const say = (sentence, kind = "alert", form = $("#composer")) => alarm(sentence, $("[role=alert]", form), kind);

export const tell = (name, detail) => document.dispatchEvent(new CustomEvent(name, { detail }));
export const hear = (name, run) => document.addEventListener(name, (event) => run(event.detail));

export const store = (key, value) => { try { localStorage.setItem(key, value); } catch { /* private mode */ } };

export const csrf = () => document.cookie.split("; ").find((pair) => pair.startsWith(`${body.dataset.csrfCookie}=`))?.split("=")[1] ?? "";

/* Open or close what a button controls. */
export function expand(button, yes) {
  const menu = document.getElementById(button.getAttribute("aria-controls"));
  button.setAttribute("aria-expanded", String(yes));
  menu.hidden = !yes;
  return menu;
}
