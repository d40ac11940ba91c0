/* The menus of the top bar: the status, and what is one's own. */
import { $, $$, body, expand, store } from "./dom.js";
import { key, keyWithin, step } from "./keys.js";

const items = () => $$("#status-menu [role=menuitem]");
const closeMenu = (refocus) => {
  const button = $("#status-button");
  if (button.getAttribute("aria-expanded") !== "true") return;
  expand(button, false);
  if (refocus) button.focus();
};

body.addEventListener("click", (event) => {
  const at = (selector) => event.target.closest(selector);
  if (at("#status-button")) {
    const opens = at("#status-button").getAttribute("aria-expanded") !== "true";
    expand(at("#status-button"), opens);
    if (opens) ($('[aria-current="true"]', $("#status-menu")) ?? items()[0]).focus();
  } else closeMenu(Boolean(at("#status-panel")));
  if (!at(".me")) $(".me").open = false;
  if (at("#theme")) {
    const root = document.documentElement;
    const dark = root.dataset.theme ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
    root.dataset.theme = dark ? "light" : "dark";
    store("theme", root.dataset.theme);
  }
});

keyWithin("#status-menu", "↑ ↓ Home End A–Z Esc", "Choose in the status menu", (event) => {
  const { key, target } = event;
  if (["ArrowDown", "ArrowUp", "Home", "End"].includes(key)) { event.preventDefault(); step(items(), key, target).focus(); }
  else if (key === "Escape") closeMenu(true);
  else if (key === "Tab") closeMenu(false);
  else if (/^[a-z]$/i.test(key)) items().find((item) => item.textContent.trim().toLowerCase().startsWith(key.toLowerCase()))?.focus();
  return true;
});
keyWithin("#status-button", "↓ ↑", "Open the status menu", (event, button) => {
  if (!["ArrowDown", "ArrowUp"].includes(event.key)) return false;
  event.preventDefault();
  button.click();
  if (event.key === "ArrowUp") items().at(-1).focus();
  return true;
});
keyWithin(":root", "Esc", "Close your menu", (event) => {
  if (event.key !== "Escape" || !$(".me").open) return false;
  $(".me").open = false;
  $(".me summary").focus();
  return true;
});
key("Alt+V", "Be Available", () => {
  window.htmx.ajax("POST", body.dataset.status, { values: { status: "Available" }, swap: "none", source: body });
  return true;
}, "Your day");
