/* The keys. Each part registers its own, with words for whoever lists them. */
import { $ } from "./dom.js";

export const keys = []; // { within, names, does, run, group }; what has no within is heard on the whole desk

/* A key of the whole desk: key("Alt+A A", "Accept the offer", run).
 *
 * A name is a letter, a digit, "1–9" or a character such as "?", perhaps behind "Alt+"; without Alt it is
 * not heard by somebody who types, nor while the conversation they begin to type in is still coming. What
 * cannot be taken back has a name with Alt only. run(event, character) answers whether there was something to do: then
 * neither the browser nor a later key of that name does anything. Under a dialog only those of the group
 * "Offers" are heard, for their cards are on top of it. */
export const key = (names, does, run, group = "Anywhere") => keys.push({ names, does, run, group });

/* Keys of one part of the page, before those of the whole desk. The names are for the reader alone:
 * run(event, part) hears every key pressed in the part, and answers true to what nobody else may have. */
export const keyWithin = (within, names, does, run, group = "In its place") => keys.push({ within, names, does, run, group });

/* A key's name as it is printed on the keyboard. */
export const isMac = /Mac|iPhone|iPad/.test(navigator.platform);
export const keyWords = (name) => name.replace("Alt+", isMac ? "⌥ " : "Alt ");

/* Enter alone, which sends; with another key it breaks the line. */
export const isEnter = (event) => event.key === "Enter" && !(event.shiftKey || event.altKey || event.ctrlKey || event.metaKey);

export const press = (selector) => { const button = $(selector); if (button && !button.disabled) button.click(); return Boolean(button); };

export const step = (list, key, from) => {
  const index = list.indexOf(from);
  if (key === "Home") return list[0];
  if (key === "End") return list.at(-1);
  return list[(index + (key === "ArrowDown" || key === "ArrowRight" ? 1 : -1) + list.length) % list.length];
};

const typing = (element) => element.matches?.("input, textarea, select, [contenteditable]") || $(".tile.htmx-request, .accept.htmx-request");

/* Whether a key belongs to a field, or to the browser. */
export const isTyped = (event) => event.ctrlKey || event.metaKey || event.altKey || typing(event.target);

/* Letters and digits go by their place on the keyboard: Alt makes other characters of them. */
function isNamed(name, event, character) {
  const bare = name.replace(/^Alt\+/, "");
  if (event.altKey !== (bare !== name)) return false;
  if (bare === "1–9") return /^[1-9]$/.test(character);
  return bare === (/^[A-Z0-9]$/.test(bare) ? character : event.key);
}

addEventListener("keydown", (event) => {
  if (event.isComposing) return;
  for (const { within, run } of keys) {
    const part = within && event.target.closest?.(within);
    if (part && run(event, part)) return;
  }
  if (event.ctrlKey || event.metaKey || event.repeat || (!event.altKey && typing(event.target))) return;
  const character = /^(?:Key|Digit)(.)$/.exec(event.code)?.[1];
  const covered = $("dialog:modal");
  for (const { within, names, run, group } of keys) {
    if (within || (covered && group !== "Offers") || !names.split(" ").some((name) => isNamed(name, event, character)) || !run(event, character)) continue;
    event.preventDefault();
    return;
  }
});
