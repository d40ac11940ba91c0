/* A new text: its dialog, opened by "Add interaction" and by the button beside every phone number. */
import { $, $$, body, expand, hear } from "./dom.js";
import { recount } from "./counter.js";
import { forget, restoreDrafts } from "./drafts.js";
import { isEnter, key, keyWithin, step } from "./keys.js";
import { toast } from "./toast.js";

const dialog = $("#new-text"), adds = () => $("#add-button"); // a frame may draw it anew

export async function textTo(number) {
  if ($("dialog:modal")) return;
  await window.htmx.ajax("GET", dialog.dataset.url, { values: { number }, target: dialog, swap: "innerHTML", source: adds() });
  restoreDrafts(dialog);
  if ($("#new-text-form")) recount($("#new-text-form"));
  if (!dialog.open) dialog.showModal();
  const to = $("#new-text-number");
  to?.dispatchEvent(new Event("check"));
  (to?.value ? $("#new-text-body") : (to ?? $(".close", dialog))).focus();
}

// What a part costs goes by the number.
body.addEventListener("htmx:afterSwap", ({ detail: { target } }) => {
  const form = target.id === "number-hint" && target.closest("form"), priced = form && $("[data-price]", target);
  if (!form) return;
  if (priced) Object.assign(form.dataset, priced.dataset); else delete form.dataset.price;
  recount(form);
});
// Fired at the form, and so told before its answer is put into the page.
body.addEventListener("text-sent", (event) => {
  forget(dialog);
  dialog.close();
  toast(event.detail.words);
});

/* May the agent text first by now, or no more? Every button that would says the same (I1, G12). */
hear("desk:drawn", () => {
  const why = $("#why-no-text")?.textContent ?? "";
  for (const button of $$("button[data-text-to]:not(#add-sms)")) {
    if (button.disabled === Boolean(why)) continue;
    button.disabled = Boolean(why);
    button.title = why || button.getAttribute("aria-label");
  }
});

const items = () => $$("#add-menu [role=menuitem]");
const isOpen = () => adds().getAttribute("aria-expanded") === "true";
body.addEventListener("click", ({ target }) => {
  const to = target.closest("[data-text-to]");
  if (to && !to.disabled && to.ariaDisabled !== "true") textTo(to.dataset.textTo);
  if (target.closest("#add-button")) {
    expand(adds(), !isOpen());
    if (isOpen()) items()[0].focus();
  } else if (isOpen()) { expand(adds(), false); if (target.closest("#add-menu")) adds().focus(); }
});

keyWithin("#add-menu", "↑ ↓ Esc", "Choose what to add", (event) => {
  const { key: pressed, target } = event;
  if (["ArrowDown", "ArrowUp", "Home", "End"].includes(pressed)) { event.preventDefault(); step(items(), pressed, target).focus(); }
  else if (pressed === "Escape" || pressed === "Tab") { expand(adds(), false); if (pressed === "Escape") adds().focus(); }
  return true;
});
keyWithin("#new-text-body", "Enter", "Send the new text", (event) => {
  if (!isEnter(event)) return false;
  event.preventDefault();
  event.target.form.requestSubmit();
  return true;
});
key("Alt+N N", "Text somebody first", () => { if (!adds().disabled) textTo(""); return !adds().disabled; });
