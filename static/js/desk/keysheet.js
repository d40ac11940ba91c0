/* The sheet of all keys, on "?": drawn from what is registered, so that none is forgotten. */
import { $, body } from "./dom.js";
import { key, keys, keyWords } from "./keys.js";

const dialog = $("#keys");
const ORDER = ["Offers", "Your day", "Conversations", "The open conversation", "Anywhere"];
const place = ({ group }) => (ORDER.includes(group) ? ORDER.indexOf(group) : ORDER.length);

const make = (tag, ...children) => { const element = document.createElement(tag); element.append(...children); return element; };

function line({ names, does }) {
  const name = make("dt");
  for (const one of names.split(" ")) name.append(make("kbd", keyWords(one)), " ");
  return make("div", name, make("dd", does));
}

function show() {
  if ($("dialog:modal")) return false;
  const groups = new Map();
  for (const one of [...keys].sort((a, b) => place(a) - place(b))) groups.set(one.group, [...(groups.get(one.group) ?? []), one]);
  $("#keys-list").replaceChildren(...[...groups].map(([group, members]) => make("section", make("h3", group), make("dl", ...members.map(line)))));
  dialog.showModal();
  return true;
}

key("?", "Show all keys", show);
body.addEventListener("click", ({ target }) => { if (target.closest("#keys-button")) { $(".me").open = false; show(); } });
