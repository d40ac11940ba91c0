/* A question before something is done. */
import { $, body, write } from "./dom.js";

export function ask(question, yes, then) {
  const dialog = $("#confirm");
  write($("#confirm-text"), question);
  write($("#confirm-yes"), yes ?? "Yes");
  dialog.returnValue = "no";
  dialog.onclose = () => { if (dialog.returnValue === "yes") then(); };
  dialog.showModal();
}

/* Calling a number: not over the desk, and so not from its number. */
body.addEventListener("click", (event) => {
  const link = event.target.closest('a[href^="tel:"]');
  if (!link) return;
  event.preventDefault();
  const number = link.getAttribute("href").slice("tel:".length);
  ask(`This calls ${number} from your own phone or softphone, not from the business number.`, "Call", () => { location.href = link.href; });
});
