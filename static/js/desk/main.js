/* The desk in the browser. The server draws everything; these parts keep it fresh and quick.
 *
 * Parts use one another one way only, for the hash in a file's name covers the names it imports: a circle
 * of them has no names. What goes the other way is told as an event (see dom.js). */
import { body } from "./dom.js";
import { localTimes, tick } from "./clock.js";
import { remember } from "./patch.js";
import "./ring.js";
import "./alerts.js";
import { connect } from "./link.js";
import { arrive } from "./conversation.js";
import "./answers.js";
import "./canned.js";
import "./faq.js";
import "./composer.js";
import "./notes.js";
import "./wrapup.js";
import "./pane.js";
import "./records.js";
import "./strip.js";
import "./missed.js";
import "./menus.js";
import "./newtext.js";
import "./dialogs.js";
import "./reach.js";
import "./keysheet.js";
import "./command.js";
import "./ending.js";
import "./keys.js";

// Not sooner: htmx listens from then on.
document.addEventListener("DOMContentLoaded", () => {
  remember(body);
  localTimes(body);
  arrive();
  tick();
  setInterval(tick, 250);
  connect();
});
