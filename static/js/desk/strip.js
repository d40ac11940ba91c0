/* The strip of conversations. */
import { $$ } from "./dom.js";
import { key, keyWithin, step } from "./keys.js";

key("Alt+1–9 1–9", "Open a conversation of the strip", (event, digit) => {
  const tile = $$(".tile")[digit - 1];
  tile?.focus();
  tile?.click();
  return Boolean(tile);
}, "Conversations");
keyWithin(".tile", "↑ ↓", "Go to another conversation", (event, from) => {
  if (!["ArrowUp", "ArrowDown"].includes(event.key)) return false;
  event.preventDefault();
  step($$(".tile"), event.key, from).focus();
  return true;
});
