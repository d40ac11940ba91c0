/* The whole way by keyboard: what can be pressed has a key, and the focus is never left nowhere. */
import { $, $$, body, hear, isShown } from "./dom.js";
import { key, press } from "./keys.js";

function reach(selector) {
  const found = $$(selector).find(isShown);
  found?.focus();
  return Boolean(found);
}
const pressAt = (selector) => { const found = $$(selector).find(isShown); if (found && !found.disabled) found.click(); return Boolean(found); };

key("Alt+S S", "Change status", () => pressAt("#status-button"), "Your day");
key("Alt+O", "Stop new, or go on", () => press("#stop-new"), "Your day");
key("Alt+U U", "Open your menu", () => {
  const menu = $(".me");
  menu.open = true;
  $(".menu button", menu).focus();
  return true;
}, "Your day");
key("Alt+G G", "Read the notes that name you", () => press("#mentions-button"), "Your day");
body.addEventListener("htmx:afterSettle", ({ detail: { requestConfig, target } }) => { if (requestConfig?.elt.id === "mentions-button") $("button", target)?.focus(); });
key("Alt+J J", "Go to the next conversation that needs you", () => {
  const tiles = $$("#strip .tile"), from = tiles.findIndex((tile) => tile.getAttribute("aria-current"));
  const next = [...tiles.slice(from + 1), ...tiles.slice(0, from + 1)].find((tile) => tile.matches(":not(.waiting), .late"));
  next?.click();
  return Boolean(next);
}, "Conversations");
key("Alt+M M", "Write, or fill in the wrap-up", () => {
  if (!isShown($("#message") ?? $("#disposition"))) press('[data-view="talk"]');
  return reach("#message, #disposition");
}, "The open conversation");
key("Alt+L L", "Read the messages, with ↑ ↓", () => {
  if (!isShown($("#thread"))) press('[data-view="talk"]');
  return reach("#thread");
}, "The open conversation");
key("Alt+P P", "Go to customer, case and history, then ← →", () => {
  if (!isShown($("#pane"))) press('[data-view="details"]');
  return reach('#pane [role="tab"][aria-selected="true"]');
}, "The open conversation");
key("Alt+T", "Send again what was not delivered", () => pressAt("#newest .retry"), "The open conversation");
key("Alt+E", "End the conversation", () => pressAt(".talk-head .end"), "The open conversation");
key("Alt+W", "Wrap up", () => {
  const form = $("#wrap-up");
  form?.requestSubmit();
  return Boolean(form);
}, "The open conversation");

// An answer that takes away what had the focus leaves it with what came instead.
const leaveWith = (selector) => setTimeout(() => { if (document.activeElement === body) $(selector)?.focus({ preventScroll: true }); });
let first = true;
hear("desk:arrive", () => {
  if (!first) leaveWith("#work");
  first = false;
});
hear("desk:pane", () => leaveWith('#pane [role="tab"][aria-selected="true"]'));
