/* Patching: what did not change is not touched, by element id. */
import { $, $$, expand } from "./dom.js";
import { localTimes } from "./clock.js";

const drawn = new WeakMap(); // element → the markup it was drawn from
const markup = (element) => drawn.get(element) ?? element.outerHTML;

/* Note what the server drew, before a clock ticks in it. */
export function remember(from) {
  for (const id of ["status", "capacity", "waiting", "messages", "mentions", "add", "blank-words"]) {
    const element = document.getElementById(id);
    if (element && from.contains(element)) drawn.set(element, element.outerHTML);
  }
  for (const element of $$("[data-keyed]", from)) for (const child of element.children) drawn.set(child, child.outerHTML);
}

export function settle(element) {
  localTimes(element);
  if (window.htmx) window.htmx.process(element);
}

function replace(old, fresh) {
  const open = $('[aria-expanded="true"]', old), focused = old.contains(document.activeElement) && document.activeElement.id;
  old.replaceWith(fresh);
  settle(fresh);
  if (open && document.getElementById(open.id)) expand(document.getElementById(open.id), true);
  if (focused) document.getElementById(focused)?.focus({ preventScroll: true });
}

/* Make `old` show `fresh`. A keyed element keeps its children that did not change. */
export function patch(old, fresh) {
  const html = fresh.outerHTML;
  if (!("keyed" in fresh.dataset)) {
    if (markup(old) === html) return old;
    drawn.set(fresh, html);
    replace(old, fresh);
    return fresh;
  }
  for (const { name, value } of [...fresh.attributes]) if (old.getAttribute(name) !== value) old.setAttribute(name, value);
  const kept = new Map([...old.children].map((child) => [child.id, child]));
  let place = old.firstElementChild;
  for (const child of [...fresh.children]) {
    const known = kept.get(child.id);
    kept.delete(child.id);
    if (!known) {
      drawn.set(child, child.outerHTML);
      old.insertBefore(child, place);
      settle(child);
      continue;
    }
    if (known !== place) old.insertBefore(known, place);
    const html = child.outerHTML;
    if (markup(known) !== html) {
      drawn.set(child, html);
      replace(known, child);
      place = child.nextElementSibling;
    } else place = known.nextElementSibling;
  }
  for (const gone of kept.values()) {
    // Under a button that was pressed it stays until there is an answer, which could be shown nowhere else.
    if (gone.querySelector(".htmx-request")) gone.addEventListener("htmx:afterRequest", () => gone.remove(), { once: true });
    else gone.remove();
  }
  return old;
}
