/* Drafts: what is typed survives a reload and another tile. */
import { $, $$, body } from "./dom.js";

export const keep = (key, value) => { try { value ? sessionStorage.setItem(key, value) : sessionStorage.removeItem(key); } catch { /* private mode */ } };
export const kept = (key) => { try { return sessionStorage.getItem(key); } catch { return null; } };

export function restoreDrafts(from) {
  for (const field of $$("[data-draft]", from)) {
    const text = kept(field.dataset.draft), drawnWith = field.value;
    if (!text) continue;
    field.value = text;
    if (!field.value) field.value = drawnWith; // a choice that is not offered any more
  }
}

body.addEventListener("input", (event) => {
  if (event.target.dataset?.draft) keep(event.target.dataset.draft, event.target.value);
});

export const forgetAll = () => { try { sessionStorage.clear(); } catch { /* private mode */ } };
export const forget = (from) => { for (const field of $$("[data-draft]", from)) keep(field.dataset.draft, ""); };

// What another agent left in this tab is not for this one.
if (kept("agent") !== body.dataset.agent) { forgetAll(); keep("agent", body.dataset.agent); }
