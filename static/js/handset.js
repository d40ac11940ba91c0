/* The handset: looks at the database once a second and patches what changed. Without this script
   every form still posts, and a reload shows what came. */
"use strict";

(() => {
  const EVERY_MS = 1000;
  const { live, phone } = document.body.dataset;
  const $ = (id) => document.getElementById(id);
  const log = $("log");
  const compose = $("compose");
  const box = compose.elements.body;
  let lastHtml = "";

  // ---- looking again -------------------------------------------------------------------------

  /* Makes `target`'s children those of `fresh`, touching only the ones that differ: a selection,
     a focus and a screen reader's place stay where they are. */
  function patch(target, fresh) {
    const wanted = [...fresh.children];
    const kept = new Set(wanted.map((child) => child.id));
    for (const old of [...target.children]) if (!kept.has(old.id)) old.remove();
    wanted.forEach((child, place) => {
      const there = target.children[place];
      if (!there) target.append(child);
      else if (there.id !== child.id) there.before(child);
      else if (!there.isEqualNode(child)) there.replaceWith(child);
    });
  }

  function tellTimes(root) {
    for (const time of root.querySelectorAll("time[datetime]")) {
      const at = new Date(time.dateTime);
      const today = at.toDateString() === new Date().toDateString();
      time.textContent = at.toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" });
      if (!today) time.textContent = `${at.toLocaleDateString([], { day: "numeric", month: "short" })} ${time.textContent}`;
      time.title = at.toLocaleString();
    }
  }

  /* A phone in the list that got a text since it was last open is marked, in words as well. */
  function markNews(root) {
    for (const item of root.querySelectorAll("[data-number]")) {
      const key = `handset-seen-${item.dataset.number}`;
      const received = Number(item.dataset.received);
      if (item.dataset.number === phone) sessionStorage.setItem(key, received);
      else if (received > Number(sessionStorage.getItem(key))) {
        const news = document.createElement("em");
        news.textContent = "new";
        item.append(news);
      }
    }
  }

  const atBottom = () => log.scrollHeight - log.scrollTop - log.clientHeight < 60;
  const toBottom = () => { log.scrollTop = log.scrollHeight; };

  function show(html) {
    if (html === lastHtml) return;
    lastHtml = html;
    const fresh = new DOMParser().parseFromString(html, "text/html");
    const stay = !atBottom();
    for (const part of ["phones", "log", "stopped", "run"]) {
      const content = fresh.getElementById(part).content;
      tellTimes(content);
      markNews(content);
      patch($(part), document.importNode(content, true));
    }
    if (!stay) toBottom();
  }

  let looking = false;
  async function look() {
    if (looking) return;
    looking = true;
    try {
      const answer = await fetch(`${live}?phone=${encodeURIComponent(phone)}`);
      if (answer.ok) show(await answer.text());
    } catch { /* the server is away; the next look finds it again */ } finally {
      looking = false;
    }
  }

  setInterval(() => { if (!document.hidden) look(); }, EVERY_MS);
  document.addEventListener("visibilitychange", () => { if (!document.hidden) look(); });

  // ---- posting -------------------------------------------------------------------------------

  async function post(form, fields) {
    let problem = "The handset's server does not answer. Nothing was sent.";
    try {
      const answer = await fetch(form.action, {
        method: "POST",
        headers: { "Content-Type": "application/json" },
        body: JSON.stringify(fields),
      });
      const told = await answer.json();
      problem = answer.ok ? "" : told.error;
    } catch { /* said below */ }
    return problem;
  }

  function fieldsOf(form) {
    return Object.fromEntries(new FormData(form)); // of two alike the last: a switch that is on
  }

  function fit() {
    box.style.height = "auto";
    box.style.height = `${box.scrollHeight}px`;
  }

  compose.addEventListener("submit", async (event) => {
    event.preventDefault();
    const fields = fieldsOf(compose);
    if (!fields.body) return;
    box.value = "";
    fit();
    const sent = post(compose, fields);
    setTimeout(() => { look().then(toBottom); }, 120);
    const problem = await sent;
    $("error").textContent = problem;
    $("error").hidden = !problem;
    if (problem && !box.value) { box.value = fields.body; fit(); }
    await look();
    toBottom();
  });

  box.addEventListener("input", fit);
  box.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
      event.preventDefault();
      compose.requestSubmit();
    }
  });

  $("burst").addEventListener("submit", async (event) => {
    event.preventDefault();
    const form = event.target;
    const fields = { ...fieldsOf(form), to: compose.elements.to.value };
    $("burst-done").textContent = `Sending ${fields.count} texts…`;
    const problem = await post(form, fields);
    $("burst-done").textContent = problem || `${fields.count} texts sent.`;
    look();
  });

  $("run").addEventListener("submit", async (event) => {
    event.preventDefault();
    const form = event.target;
    const fields = { ...fieldsOf(form), to: compose.elements.to.value };
    $("run-said").textContent = await post(form, fields);
    look();
  });

  $("scenario").addEventListener("change", async (event) => {
    const { form, name, type, checked, value } = event.target;
    if (!form.reportValidity()) return;
    // Only the switch that was touched: a script may have set the others meanwhile.
    const problem = await post(form, { [name]: type === "checkbox" ? checked : value });
    $("saved").textContent = problem || "Saved.";
  });
  $("scenario").addEventListener("submit", (event) => event.preventDefault());

  // ---- first look ----------------------------------------------------------------------------

  const tick = () => {
    $("clock").textContent = new Date().toLocaleTimeString([], { hour: "numeric", minute: "2-digit" });
  };
  tick();
  setInterval(tick, 10000);
  tellTimes(log);
  markNews($("phones"));
  document.querySelector("#phones [aria-current]")?.scrollIntoView({ block: "nearest", inline: "center" });
  toBottom();
  if (matchMedia("(min-width: 900px)").matches) box.focus();
})();
