/* The customer and the case beside the conversation, or behind it where it is narrow. */
import { $, $$, body, expand, hear } from "./dom.js";
import { localTimes } from "./clock.js";
import { forget, restoreDrafts } from "./drafts.js";
import { keyWithin, step } from "./keys.js";

export const newCaseBegun = () => [...($("#new-case")?.elements ?? [])].some((field) => field.name && field.type !== "hidden" && field.value.trim());

// conversation → the tab its agent chose; until then it is the one the server puts in front (G2)
const chosen = new Map();

function arrivePane() {
  const pane = $("#pane");
  localTimes(pane ?? body);
  if (!pane) return;
  restoreDrafts(pane);
  const tab = document.getElementById(chosen.get($("#work").dataset.conversation));
  if (tab && !("mend" in pane.dataset) && !$("#choices") && !$('#tab-log[aria-selected="true"]')) chooseTab(tab);
  if (newCaseBegun()) unfold($("#new-case"));
  $('[aria-invalid="true"]', pane)?.focus();
}
for (const name of ["desk:arrive", "desk:pane"]) hear(name, arrivePane);

/* What was typed and not saved is where it is seen. */
function unfold(form) {
  const fold = form.closest("#new-case-fold"), more = form.closest("details"), panel = form.closest('[role="tabpanel"]');
  if (fold?.hidden) expand($("#new-case-button"), true);
  if (more) more.open = true;
  if ($("#closed")) chooseTab(document.getElementById(panel.getAttribute("aria-labelledby")));
}

export function view(name) {
  $("#work").classList.toggle("details", name === "details");
  for (const button of $$("[data-view]")) button.setAttribute("aria-pressed", String(button.dataset.view === name));
}

export function chooseTab(tab) {
  for (const other of $$("[role=tab]", $("#pane"))) {
    const chosen = other === tab;
    other.setAttribute("aria-selected", String(chosen));
    other.tabIndex = chosen ? 0 : -1;
    document.getElementById(other.getAttribute("aria-controls")).hidden = !chosen;
  }
}

body.addEventListener("click", ({ target }) => {
  const tab = target.closest("[role=tab]"), button = target.closest("[data-view]");
  if (tab) { chooseTab(tab); chosen.set($("#work").dataset.conversation, tab.id); }
  if (button) view(button.dataset.view);
});
body.addEventListener("htmx:afterRequest", (event) => {
  const form = event.detail.requestConfig.elt; // detail.elt is the body where the answer replaced it
  if (Math.floor(event.detail.xhr.status / 100) !== 2) return;
  if (form.id === "new-case") forget(form);
  // Somebody else popped: what is to be seen of them is the server's to say.
  if ("back" in form.dataset) chosen.delete($("#work").dataset.conversation);
});

keyWithin("[role=tab]", "← → Home End", "Go to another tab", (event, from) => {
  if (!["ArrowLeft", "ArrowRight", "Home", "End"].includes(event.key)) return false;
  event.preventDefault();
  const tab = step($$("[role=tab]", $("#pane")), event.key, from);
  chooseTab(tab);
  tab.focus();
  return true;
});
