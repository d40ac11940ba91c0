/* A question before something is done. */
import { $, write } from "./dom.js";

export function ask(question, yes, then) {
  const dialog = $("#confirm");
  write($("#confirm-text"), question);
  write($("#confirm-yes"), yes ?? "Yes");
  dialog.returnValue = "no";
  dialog.onclose = () => { if (dialog.returnValue === "yes") then(); };
  dialog.showModal();
}
