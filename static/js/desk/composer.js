/* The composer: it counts as the carrier does, and keeps what was not sent. */
import { $, body, hear, uuid, write } from "./dom.js";
import { keep } from "./drafts.js";
import { keyWithin } from "./keys.js";
import { plan } from "./segments.js";

const table = JSON.parse($("#segments").textContent);
const basic = new Set(table.basic), extension = new Set(table.extension);

function count() {
  const message = $("#message");
  if (!message) return;
  const { encoding, characters, parts } = plan(message.value, basic, extension), over = characters - table.limit;
  const words = over > 0 ? `${over} too many: at most ${table.limit} characters go at once`
    : `${characters}/${table.limit}` + (parts ? ` · ${encoding} · ${parts} part${parts > 1 ? "s" : ""}` : "");
  write($("#counter"), words);
  $("#counter").classList.toggle("over", over > 0);
  message.toggleAttribute("aria-invalid", over > 0);
  message.style.height = "auto";
  message.style.height = `${Math.min(message.scrollHeight + 2, 200)}px`;
}
hear("desk:arrive", count);
body.addEventListener("input", (event) => { if (event.target.id === "message") { count(); $("#composer-alert").replaceChildren(); } });

body.addEventListener("htmx:beforeRequest", (event) => {
  const form = event.detail.elt;
  if (form.id !== "composer") return;
  const text = $("#message").value, over = [...text].length - table.limit;
  if (text.trim() && over <= 0) { form.dataset.sent = text; return; }
  event.preventDefault();
  $("#message").focus();
  const p = document.createElement("p");
  p.className = "alert";
  p.textContent = over > 0 ? `The text is ${over} character${over > 1 ? "s" : ""} too long. Shorten it to ${table.limit}; nothing was cut.` : "There is nothing to send yet: write a message first.";
  $("#composer-alert").replaceChildren(p);
});

body.addEventListener("htmx:afterRequest", (event) => {
  const form = event.detail.requestConfig.elt; // detail.elt is the body where the answer replaced it
  if (!event.detail.successful || form.id !== "composer" || !form.isConnected) return;
  form.elements.client_id.value = uuid();
  const message = $("#message"), sent = form.dataset.sent ?? "";
  message.value = message.value.startsWith(sent) ? message.value.slice(sent.length) : message.value;
  keep(message.dataset.draft, message.value);
  $("#composer-alert").replaceChildren();
  count();
  message.focus({ preventScroll: true });
});

keyWithin("#message", "Enter", "Send the message", (event) => {
  if (event.key !== "Enter" || event.shiftKey || event.altKey || event.ctrlKey || event.metaKey) return false;
  event.preventDefault();
  event.target.form.requestSubmit();
  return true;
});
