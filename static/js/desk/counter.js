/* Characters, encoding, parts and price of what is typed, in any form with data-composer.
 *
 * Such a form has one textarea, [data-counter], [data-why] (composer_why.html and composer_tools.html), and
 * says by data-price what one part costs and by data-destination in which country the number is, in two
 * letters. Without data-price nothing is said of prices; with an empty one, that there is none. Whoever
 * changes them calls recount(form). */
import { $, $$, body, hear, write } from "./dom.js";
import { keyWithin } from "./keys.js";
import { cheaper, foreign, plainParts, plan, rules } from "./segments.js";

export const table = rules(JSON.parse($("#segments").textContent));
const count = (number, word) => `${number} ${word}${number === 1 ? "" : "s"}`;
const countries = window.Intl?.DisplayNames ? new Intl.DisplayNames("en", { type: "region" }) : { of: (code) => code };
const money = (amount) => new Intl.NumberFormat("en", { style: "currency", currency: body.dataset.currency, maximumFractionDigits: 4 }).format(amount);
const MOST_NAMED = 4;

/* Put `text` in the place of what stands there, so that the browser's Undo takes it back. */
export function replaceIn(field, from, to, text) {
  field.focus();
  field.setSelectionRange(from, to);
  if (document.execCommand(text ? "insertText" : "delete", false, text)) return;
  field.setRangeText(text, from, to, "end");
  field.dispatchEvent(new Event("input", { bubbles: true }));
}

export function recount(form) {
  const field = $("textarea", form), { encoding, characters, parts } = plan(field.value, table), over = characters - table.limit;
  const { price, destination } = form.dataset, counter = $("[data-counter]", form);
  const words = [`${characters}/${table.limit}`];
  if (parts) words.push(encoding, count(parts, "part"));
  if (parts && price) words.push(money(parts * price));
  if (parts && price === "") words.push(destination ? `no price for ${countries.of(destination)}` : "price unknown");
  write(counter, over > 0 ? `${over} too many: at most ${table.limit} characters go at once` : words.join(" · "));
  counter.classList.toggle("over", over > 0);
  counter.title = parts && price ? `${money(price)} a part${destination ? ` to ${countries.of(destination)}` : ""}` : "";
  field.toggleAttribute("aria-invalid", over > 0);
  field.style.height = "auto";
  field.style.height = `${Math.min(field.scrollHeight + 2, 200)}px`;
  explain(form, field.value, encoding, parts);
}

const named = (sign) => table.names[sign] ?? (/^[\p{C}\p{Z}\p{M}]+$/u.test(sign) ? "an invisible character" : sign);
const saving = (form, parts) => count(parts, "part") + (form.dataset.price ? ` (${money(parts * form.dataset.price)})` : "");

/* Say what makes the text dear, and offer to make it cheap; or, just after that, to take it back. */
function explain(form, text, encoding, parts) {
  const why = $("[data-why]", form), button = $("[data-cheap]", form), undo = form.undo?.cheap === text ? form.undo : null;
  form.undo = undo;
  why.hidden = encoding === "GSM-7" && !undo;
  if (why.hidden) return;
  const cheap = plan(cheaper(text, table), table), saved = undo ? plan(undo.dear, table).parts - parts : parts - cheap.parts;
  // An ellipsis is one character, its three dots are three: what says the same may cost more.
  button.hidden = !undo && saved <= 0 && (saved < 0 || cheap.encoding === "UCS-2");
  if (undo) {
    write($("[data-why-words]", why), saved > 0 ? `Made cheap: ${saving(form, saved)} saved.` : "Made cheap.");
    write(button, "Undo");
    return;
  }
  // First what would stay.
  const dear = foreign(text, table).sort((one, other) => (one in table.cheaper) - (other in table.cheaper));
  const signs = [...new Set(dear.map(named))], plain = plainParts(text, table), more = signs.length - MOST_NAMED;
  const list = more > 0 ? [...signs.slice(0, MOST_NAMED), `${more} more`] : signs;
  const names = list.length > 1 ? `${list.slice(0, -1).join(", ")} and ${list.at(-1)} make` : `${list[0]} makes`;
  write($("[data-why-words]", why), `${names} this UCS-2: ${plain < parts ? `${count(parts, "part")} instead of ${plain}` : "70 characters a part, not 160"}`);
  write(button, saved > 0 ? `Make it cheap: saves ${saving(form, saved)}` : "Make it cheap");
}

function makeCheap(form) {
  const field = $("textarea", form), text = form.undo ? form.undo.dear : cheaper(field.value, table);
  const undo = form.undo ? null : { dear: field.value, cheap: text };
  replaceIn(field, 0, field.value.length, text);
  form.undo = undo;
  recount(form);
}

const recountAll = () => $$("[data-composer]").forEach(recount);
hear("desk:arrive", recountAll);
hear("desk:composer", recountAll);
addEventListener("resize", recountAll);
body.addEventListener("input", ({ target }) => { const form = target.matches("textarea") && target.closest("[data-composer]"); if (form) recount(form); });
body.addEventListener("click", ({ target }) => { if (target.closest("[data-cheap]")) makeCheap(target.closest("[data-composer]")); });
/* A key that is heard in dialogs, too, where the form is in one: writingKey("KeyC", words, run). */
export const writingKey = (code, does, run) => keyWithin(":root", `Alt+${code.at(-1)}`, does, (event) => {
  if (!event.altKey || event.ctrlKey || event.metaKey || event.repeat || event.code !== code) return false;
  const modal = $$("dialog:modal").at(-1), form = $("[data-composer]", modal ?? body);
  if (!form || !run(form)) return false;
  event.preventDefault();
  return true;
}, "The open conversation");
writingKey("KeyC", "Make the text cheap", (form) => {
  if (!$("[data-cheap]", form).offsetParent) return false;
  makeCheap(form);
  return true;
});
