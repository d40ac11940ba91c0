/* The alerts: each agent's choice of what calls, and a try of each. */
import { $, body, hear, write } from "./dom.js";
import { flash, notify, tone } from "./ring.js";

const dialog = $("#alerts"), form = $("#alerts-form"), said = $("#alerts-said");
const WORDS = {
  insecure: "Browsers show them for a desk that is served over https only.",
  unsupported: "This browser cannot show them.",
  denied: "This browser blocks them. Allow notifications for this site in its settings.",
  default: "This browser has not been asked yet: press Test and allow them.",
  granted: "Shown while you look at something else.",
};
const permission = () => {
  if (!window.isSecureContext) return "insecure";
  return window.Notification ? Notification.permission : "unsupported";
};

/* Ask once; afterwards the browser itself answers. */
async function ask() {
  if (permission() === "default") await Notification.requestPermission();
  write($("#alerts-permission"), WORDS[permission()]);
}

const tests = {
  sound: () => (tone() ? "You should hear two tones. If not: is this tab muted, is the volume up?" : "This browser cannot play the sound."),
  desktop: async () => {
    await ask();
    if (permission() !== "granted") return `No notification: ${WORDS[permission()]}`;
    const note = notify("This is a test.", "test");
    setTimeout(() => note?.close(), 8000);
    return note ? "A notification was sent. If you see none: does this computer silence them?" : WORDS.unsupported;
  },
  title: () => { flash(); return "The title of this tab flashes for some seconds."; },
};

/* As the server keeps it: another device may have changed it. */
function show() {
  const kept = $("#offers").dataset;
  form.elements.sound.checked = kept.alertSound === "on";
  form.elements.desktop.checked = kept.alertDesktop === "on";
  form.elements.title.checked = kept.alertTitle === "on";
}

body.addEventListener("click", async ({ target }) => {
  if (target.closest("#alerts-open")) {
    show();
    write(said, "");
    write($("#alerts-permission"), WORDS[permission()]);
    $(".me").open = false;
    dialog.showModal();
  }
  const test = target.closest("[data-test]")?.dataset.test;
  if (test) write(said, await tests[test]());
});
form.addEventListener("change", ({ target }) => { if (target.name === "desktop" && target.checked) ask(); });
body.addEventListener("htmx:afterRequest", (event) => {
  if (event.detail.requestConfig.elt !== form) return;
  write(said, event.detail.successful ? "Kept." : "That was not kept; try again in a moment.");
  if (!event.detail.successful) show();
});
dialog.addEventListener("close", () => $(".me summary").focus());

hear("desk:drawn", () => { if (!form.matches(".htmx-request")) show(); });
