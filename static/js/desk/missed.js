/* What came while no desk was open: told to this desk, and kept until it is dismissed here (J4). */
import { $, body, hear, write } from "./dom.js";
import { keep, kept } from "./drafts.js";

function show(sentence) {
  keep("missed", sentence);
  write($("#missed-words"), sentence);
  $("#missed .notice").hidden = !sentence;
}
hear("desk:missed", show);
body.addEventListener("click", ({ target }) => {
  if (!target.closest("#missed-dismiss")) return;
  show("");
  ($("#message") ?? $(".tile") ?? $("#status-button")).focus();
});
if (kept("missed")) show(kept("missed"));
