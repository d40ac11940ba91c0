/* Calling a number: not over the desk, and so not from its number. */
import { body } from "./dom.js";
import { ask } from "./ask.js";

body.addEventListener("click", (event) => {
  const link = event.target.closest('a[href^="tel:"]');
  if (!link) return;
  event.preventDefault();
  const number = link.getAttribute("href").slice("tel:".length);
  ask(`This calls ${number} from your own phone or softphone, not from the business number.`, "Call", () => { location.href = link.href; });
});
