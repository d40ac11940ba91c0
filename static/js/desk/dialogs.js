/* Dialogs: what calls an agent goes with the one on top, for nothing behind it can be pressed or seen. */
import { $, $$, body } from "./dom.js";

const callers = ["link-bar", "alert", "offers"].map((id) => document.getElementById(id));
const home = $("#say");

let stack = []; // the dialogs that are open, the one on top last

function hoist() {
  const open = $$("dialog:modal");
  stack = [...stack.filter((dialog) => open.includes(dialog)), ...open.filter((dialog) => !stack.includes(dialog))];
  const top = stack.at(-1);
  for (const caller of callers) {
    if (top && caller.parentElement !== top) top.append(caller);
    if (!top && caller.parentElement !== body) home.before(caller);
  }
}
new MutationObserver(hoist).observe(body, { subtree: true, attributeFilter: ["open"] });

const isBackdrop = (dialog, { target, clientX, clientY }) => {
  const { left, right, top, bottom } = dialog.getBoundingClientRect();
  return target === dialog && clientX + clientY > 0 && (clientX < left || clientX > right || clientY < top || clientY > bottom);
};
body.addEventListener("click", (event) => {
  const { target } = event;
  const dialog = target.closest("dialog");
  if (dialog && (target.closest("[data-close]") || isBackdrop(dialog, event))) dialog.close();
  // Whoever accepts from within a dialog goes there; what was typed is a draft.
  else if (dialog && target.closest(".accept")) dialog.close();
});
