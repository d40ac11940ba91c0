/* The desk in the browser. The server draws everything; this script keeps it fresh and quick.
 *
 * Parts: look (theme) · clock · patching · the link (socket and polling) · the open conversation ·
 * composer · offers (sound, notification, title) · menus and tabs · keys. */
(() => {
  "use strict";

  // ---------------------------------------------------------------- look: before anything is drawn
  const root = document.documentElement;
  const stored = (key) => { try { return localStorage.getItem(key); } catch { return null; } };
  const store = (key, value) => { try { localStorage.setItem(key, value); } catch { /* private mode */ } };
  if (stored("theme")) root.dataset.theme = stored("theme");

  const $ = (selector, from = document) => from.querySelector(selector);
  const $$ = (selector, from = document) => [...from.querySelectorAll(selector)];
  document.addEventListener("DOMContentLoaded", () => { if ($("body.desk")) start(); });

  function start() {
    const body = document.body;
    const title = () => ($("#work").dataset.title ? `${$("#work").dataset.title} · smsdesk` : "smsdesk");

    // -------------------------------------------------------------- clock: the server's, not ours
    let ahead = Date.parse(body.dataset.now) - Date.now();
    const now = () => Date.now() + ahead;
    const pad = (number) => String(number).padStart(2, "0");
    const span = (seconds) => {
      const s = Math.max(0, Math.floor(seconds)), h = Math.floor(s / 3600), m = Math.floor((s % 3600) / 60);
      return h ? `${h}:${pad(m)}:${pad(s % 60)}` : `${m}:${pad(s % 60)}`;
    };
    const write = (element, text) => { if (element.textContent !== text) element.textContent = text; };

    function tick() {
      for (const element of $$("[data-since]")) write(element, span((now() - Date.parse(element.dataset.since)) / 1000));
      for (const element of $$("[data-due]")) {
        const left = (Date.parse(element.dataset.due) - now()) / 1000;
        if (!element.dataset.total) {
          write(element, span(Math.ceil(left)));
          // The last words, before the time runs out on somebody who is typing.
          if (left <= 1.5 && element.closest("#wrap-up") && !("kept" in element.dataset)) { element.dataset.kept = ""; keepWrapUp(); }
          continue;
        }
        const share = Math.max(0, Math.min(1, left / element.dataset.total));
        $(".ring-left", element).setAttribute("stroke-dasharray", `${(share * 100).toFixed(1)} 100`);
        element.classList.toggle("late", left <= 5);
        write($("[data-seconds]", element), String(Math.max(0, Math.ceil(left))));
      }
    }
    setInterval(tick, 250);

    function localTimes(from) {
      const format = (options) => new Intl.DateTimeFormat(undefined, options);
      const day = format({ dateStyle: "medium", timeStyle: "short" }), hour = format({ timeStyle: "short" });
      const full = format({ dateStyle: "medium", timeStyle: "medium" });
      for (const time of $$("time[datetime]", from)) {
        const moment = Date.parse(time.dateTime);
        if ("day" in time.dataset) write(time, day.format(moment));
        if ("clock" in time.dataset) write(time, hour.format(moment));
        if ("full" in time.dataset) time.title = full.format(moment);
      }
    }

    // ------------------------------------- patching: what did not change is not touched, by element id
    const drawn = new WeakMap(); // element → the markup it was drawn from
    const parse = (html) => { const box = document.createElement("template"); box.innerHTML = html; return box.content; };
    const markup = (element) => drawn.get(element) ?? element.outerHTML;

    /* Note what the server drew, before a clock ticks in it. */
    function remember(from) {
      for (const id of ["status", "capacity", "waiting", "blank-words"]) {
        const element = document.getElementById(id);
        if (element && from.contains(element)) drawn.set(element, element.outerHTML);
      }
      for (const element of $$("[data-keyed]", from)) for (const child of element.children) drawn.set(child, child.outerHTML);
    }

    function settle(element) {
      localTimes(element);
      if (window.htmx) window.htmx.process(element);
    }

    function replace(old, fresh) {
      const open = $('[aria-expanded="true"]', old), focused = old.contains(document.activeElement) && document.activeElement.id;
      old.replaceWith(fresh);
      settle(fresh);
      if (open && document.getElementById(open.id)) expand(document.getElementById(open.id), true);
      if (focused) document.getElementById(focused)?.focus({ preventScroll: true });
    }

    /* Make `old` show `fresh`. A keyed element keeps its children that did not change. */
    function patch(old, fresh) {
      const html = fresh.outerHTML;
      if (!("keyed" in fresh.dataset)) {
        if (markup(old) === html) return old;
        drawn.set(fresh, html);
        replace(old, fresh);
        return fresh;
      }
      for (const { name, value } of [...fresh.attributes]) if (old.getAttribute(name) !== value) old.setAttribute(name, value);
      const kept = new Map([...old.children].map((child) => [child.id, child]));
      let place = old.firstElementChild;
      for (const child of [...fresh.children]) {
        const known = kept.get(child.id);
        kept.delete(child.id);
        if (!known) {
          drawn.set(child, child.outerHTML);
          old.insertBefore(child, place);
          settle(child);
          continue;
        }
        if (known !== place) old.insertBefore(known, place);
        const html = child.outerHTML;
        if (markup(known) !== html) {
          drawn.set(child, html);
          replace(known, child);
          place = child.nextElementSibling;
        } else place = known.nextElementSibling;
      }
      for (const gone of kept.values()) gone.remove();
      return old;
    }

    // ---------------------------------------------------- the link: a socket, and polling without one
    let version = Number(body.dataset.version), shownAt = 0, socket = null, attempts = 0, heardAt = Date.now();
    let beatenAt = 0, polling = null, retry = null, lost = null;

    function apply(frame) {
      const moment = Date.parse(frame.now);
      if (frame.version < version || (frame.version === version && moment < shownAt)) return;
      version = frame.version;
      shownAt = moment;
      ahead = moment - Date.now();
      for (const fresh of [...parse(frame.html).children]) {
        const old = document.getElementById(fresh.id);
        if (old) patch(old, fresh);
      }
      tick();
      followDesk();
    }

    function beat() {
      if (socket?.readyState !== WebSocket.OPEN || Date.now() - beatenAt < 3000) return;
      beatenAt = Date.now();
      socket.send('{"type":"heartbeat"}');
    }

    /* Signed out here or in another tab: nothing that was typed stays behind for the next person. */
    function leave() {
      forgetAll();
      location.href = `${body.dataset.signIn}?next=${encodeURIComponent(location.pathname)}`;
    }

    /* The session has ended: by signing out, or by signing in anew, after which the desk goes on. */
    async function leaveOrReload() {
      try {
        const answer = await fetch(body.dataset.frame, { headers: { Accept: "application/json" }, signal: AbortSignal.timeout(5000) });
        if (answer.ok && !answer.redirected) { location.reload(); return; }
      } catch { /* whoever cannot be asked is not trusted */ }
      leave();
    }

    function connect() {
      clearTimeout(retry);
      if (socket && socket.readyState <= WebSocket.OPEN) return;
      const mine = new WebSocket(`${location.protocol === "https:" ? "wss" : "ws"}://${location.host}/desk/socket`);
      socket = mine;
      mine.onopen = () => { beatenAt = 0; heardAt = Date.now(); beat(); };
      mine.onmessage = (event) => {
        heardAt = Date.now();
        const frame = JSON.parse(event.data);
        if (frame.type === "desk") { attempts = 0; showLost(false); apply(frame); }
        // The server asks; an answer needs no timer, and so comes from hidden tabs too.
        if (frame.type === "beat" && !frame.heard) beat();
      };
      mine.onclose = (event) => {
        if (socket !== mine) return;
        socket = null;
        if (event.code === 4401) { leaveOrReload(); return; }
        showLost(true);
        const wait = Math.min(5000, 500 * 2 ** attempts++) * (0.5 + Math.random() / 2);
        retry = setTimeout(connect, Math.max(500, wait));
      };
    }

    /* A blink of the line says nothing; after a second the calm bar does, and the desk polls. */
    function showLost(yes) {
      if (!yes) {
        clearTimeout(lost); clearInterval(polling); lost = polling = null;
        if ($("#link-bar").textContent) $("#alert").replaceChildren();
        write($("#link-bar"), "");
        return;
      }
      if (lost) return;
      lost = setTimeout(() => {
        write($("#link-bar"), "Connection lost, reconnecting… Nothing is lost.");
        poll();
        polling = setInterval(poll, 2000);
      }, 1000);
    }

    async function poll() {
      try {
        const answer = await fetch(body.dataset.frame, {
          method: "POST", headers: { Accept: "application/json", "X-CSRFToken": csrf() }, signal: AbortSignal.timeout(5000),
        });
        if (answer.status === 401) { leave(); return; }
        if (answer.ok) apply(await answer.json());
      } catch { /* still away; the bar says so */ }
    }

    setInterval(() => {
      beat();
      // A line that is open but silent is dead: the server speaks every five seconds.
      if (socket && Date.now() - heardAt > 12000) { const dead = socket; socket = null; dead.onclose = null; dead.close(); showLost(true); connect(); }
    }, 5000);
    addEventListener("online", () => { attempts = 0; connect(); });
    addEventListener("offline", () => { if (socket) { const dead = socket; dead.close(); dead.onclose?.({ code: 1006 }); } });
    document.addEventListener("visibilitychange", () => { if (!document.hidden) { if (!socket) { attempts = 0; connect(); } beat(); } });

    // ------------------------------------------------------------------- htmx: tokens, errors, swaps
    const csrf = () => document.cookie.split("; ").find((pair) => pair.startsWith(`${body.dataset.csrfCookie}=`))?.split("=")[1] ?? "";
    const alarm = (sentence) => { const p = document.createElement("p"); p.className = "alert"; p.textContent = sentence; $("#alert").replaceChildren(p); };

    body.addEventListener("htmx:configRequest", (event) => { event.detail.headers["X-CSRFToken"] = csrf(); });
    body.addEventListener("htmx:beforeRequest", (event) => {
      if (!["composer", "wrap-up-fields"].includes(event.detail.elt.id)) $("#alert").replaceChildren();
    });
    // The desk redirects fragments for one reason only: nobody is signed in any more.
    body.addEventListener("htmx:beforeOnLoad", (event) => { if (event.detail.xhr.getResponseHeader("HX-Redirect")) forgetAll(); });
    body.addEventListener("htmx:beforeSwap", (event) => {
      const { xhr, target } = event.detail;
      if (xhr.status >= 400 && !xhr.getResponseHeader("HX-Retarget") && xhr.status !== 422) {
        event.detail.shouldSwap = false;
        alarm(xhr.status === 403 ? "You were signed in anew elsewhere. Reload this page; what you typed is kept."
          : "That did not work. Nothing was lost; try again.");
        return;
      }
      if (!event.detail.shouldSwap || xhr.getResponseHeader("HX-Retarget")) return;
      if (target.id === "thread") {
        event.detail.shouldSwap = false;
        swapThread(event.detail.serverResponse);
      }
    });
    for (const kind of ["htmx:sendError", "htmx:timeout"]) body.addEventListener(kind, () => alarm("No connection to the desk. Nothing was sent and nothing is lost; try again in a moment."));
    body.addEventListener("htmx:responseError", (event) => {
      const { status } = event.detail.xhr;
      if (status === 404) alarm("This is not on your desk any more.");
      else alarm("The desk could not do that. Nothing is lost; try again.");
    });
    body.addEventListener("htmx:afterRequest", (event) => {
      if (event.detail.requestConfig.verb === "post" && socket?.readyState !== WebSocket.OPEN) poll();
      setTimeout(followDesk);
    });
    body.addEventListener("htmx:afterSettle", (event) => {
      if (event.detail.target.id === "work" || event.detail.elt.id === "work") arrive();
      else if (event.detail.elt.id === "pane" || event.detail.target.id === "pane") arrivePane();
      else localTimes(event.detail.elt);
    });
    body.addEventListener("htmx:confirm", (event) => {
      const { elt } = event.detail;
      const unsaved = elt.id === "wrap-up" && newCaseBegun() && "The New case form is not saved. Wrap up without it?";
      const question = event.detail.question || unsaved;
      if (!question) return;
      event.preventDefault();
      const dialog = $("#confirm");
      write($("#confirm-text"), question);
      write($("#confirm-yes"), elt.dataset.yes ?? "Yes");
      dialog.returnValue = "no";
      dialog.onclose = () => { if (dialog.returnValue === "yes") event.detail.issueRequest(true); };
      dialog.showModal();
    });

    const newCaseBegun = () => [...($("#new-case")?.elements ?? [])].some((field) => field.name && field.value.trim());

    // --------------------------------------------------------------------- the open conversation
    let refreshing = false;
    const openId = () => $("#work").dataset.conversation;
    const sending = () => Boolean($("#work .htmx-request"));
    const openTile = () => openId() && document.getElementById(`tile-${openId()}`);

    /* After each frame: mark the open tile, and fetch what the open conversation lacks. */
    function followDesk() {
      const tile = openTile();
      for (const other of $$("#strip .tile")) {
        if (other === tile) other.setAttribute("aria-current", "true"); else other.removeAttribute("aria-current");
      }
      ring();
      if (!openId()) return;
      const state = tile ? tile.dataset.state : "CLOSED";
      if (state !== $("#work").dataset.state) {
        // Not under a form that is on its way: its answer would find its page gone.
        if (!sending()) reload($("#work").dataset.url, (html) => { if (!sending()) swapWork(html); });
        return;
      }
      if (!tile) return;
      if (tile.dataset.revision !== $("#thread").dataset.revision) reload($("#work").dataset.thread, swapThread);
      const named = $("#work").dataset.title;
      if (tile.dataset.name !== named && $("#pane").dataset.name !== tile.dataset.name && !$("#pane").contains(document.activeElement)) {
        reload($("#work").dataset.pane, (html) => { $("#pane").replaceWith(parse(html).firstElementChild); settle($("#pane")); arrivePane(); });
      }
      if (tile.dataset.name !== named) rename(tile);
    }

    function rename(tile) {
      $("#work").dataset.title = tile.dataset.name;
      write($(".talk-title h1"), tile.dataset.name);
      write($(".talk-head .avatar"), $(".avatar", tile).textContent);
      if ($("#message")) $("#message").placeholder = `Write to ${tile.dataset.name}`;
    }

    async function reload(url, show) {
      if (refreshing) return;
      refreshing = true;
      const id = openId();
      try {
        const answer = await fetch(url, { headers: { "HX-Request": "true" }, signal: AbortSignal.timeout(8000) });
        if (answer.ok && id === openId()) show(await answer.text());
      } catch { /* the next frame asks again */ } finally { refreshing = false; }
      if ($("#thread") && openTile() && openTile().dataset.revision !== $("#thread").dataset.revision && id === openId()) setTimeout(followDesk, 300);
    }

    function swapWork(html) {
      const fresh = parse(html).firstElementChild;
      $("#work").replaceWith(fresh);
      settle(fresh);
      arrive();
    }

    const atBottom = (thread) => thread.scrollHeight - thread.scrollTop - thread.clientHeight < 60;
    const toBottom = () => { const thread = $("#thread"); if (thread) thread.scrollTop = thread.scrollHeight; };

    function swapThread(html) {
      const thread = $("#thread");
      const fresh = parse(html).querySelector("#thread");
      if (!thread || !fresh || Number(fresh.dataset.revision) < Number(thread.dataset.revision)) return;
      const sticky = atBottom(thread), top = thread.scrollTop;
      const before = new Set($$(".bubble.customer", thread).map((bubble) => bubble.id));
      const mine = $$(".bubble.agent", thread).length;
      patch(thread, fresh);
      const news = $$(".bubble.customer", thread).filter((bubble) => !before.has(bubble.id)).length;
      if (sticky || $$(".bubble.agent", thread).length > mine) toBottom();
      else { thread.scrollTop = top; pill(news); }
    }

    let unseen = 0;
    function pill(more) {
      unseen = more === 0 ? unseen : unseen + more;
      const button = $("#new-lines");
      if (!button) return;
      button.hidden = unseen === 0;
      write(button, `${unseen} new ↓`);
    }
    const seen = () => { unseen = 0; pill(0); };

    /* A conversation was put into #work. */
    function arrive() {
      const work = $("#work");
      $("#alert").replaceChildren();
      if ($("#confirm").open) $("#confirm").close("no"); // what it asked about is not shown any more
      remember(work);
      localTimes(work);
      seen();
      toBottom();
      arrivePane();
      restoreDrafts(work);
      // What was typed before a reload and had not arrived yet.
      if ($$("#wrap-up [data-draft]").some((field) => kept(field.dataset.draft))) setTimeout(keepWrapUp);
      document.title = title();
      followTitle();
      const thread = $("#thread");
      if (thread) thread.addEventListener("scroll", () => { if (atBottom(thread)) seen(); }, { passive: true });
      if (matchMedia("(min-width: 700px)").matches) ($("#message") ?? $("#disposition"))?.focus({ preventScroll: true });
      count();
      tick();
      followDesk();
      openTile()?.scrollIntoView({ block: "nearest", inline: "nearest" });
    }

    function arrivePane() {
      localTimes($("#pane") ?? body);
      if ($("#pane")) restoreDrafts($("#pane"));
      const tab = stored("tab");
      if (tab && tab !== "tab-customer" && $(`#${tab}`) && !$("#new-case") && !$(".choices")) chooseTab($(`#${tab}`));
      const invalid = $('#pane [aria-invalid="true"]');
      if (invalid) invalid.focus();
    }

    // -------------------------------------- drafts: what is typed survives a reload and another tile
    const keep = (key, value) => { try { value ? sessionStorage.setItem(key, value) : sessionStorage.removeItem(key); } catch { /* private mode */ } };
    const kept = (key) => { try { return sessionStorage.getItem(key); } catch { return null; } };
    function restoreDrafts(from) {
      for (const field of $$("[data-draft]", from)) {
        const text = kept(field.dataset.draft), drawnWith = field.value;
        if (!text) continue;
        field.value = text;
        if (!field.value) field.value = drawnWith; // a choice that is not offered any more
      }
    }
    body.addEventListener("input", (event) => {
      if (event.target.dataset?.draft) keep(event.target.dataset.draft, event.target.value);
      if (event.target.id === "message") { count(); $("#composer-alert").replaceChildren(); }
    });
    const forgetAll = () => { try { sessionStorage.clear(); } catch { /* private mode */ } };
    const forget = (from) => { for (const field of $$("[data-draft]", from)) keep(field.dataset.draft, ""); };

    // ----------------------------------------------------------------------------------- composer
    const table = JSON.parse($("#segments").textContent);
    const basic = new Set(table.basic), extension = new Set(table.extension);

    /* The same plan as smsdesk/lib/segments.py: encoding, characters and parts. */
    function plan(text) {
      const chars = [...text], gsm = chars.every((char) => basic.has(char) || extension.has(char));
      const widths = chars.map((char) => (gsm ? (extension.has(char) ? 2 : 1) : char.length));
      const units = widths.reduce((sum, width) => sum + width, 0), [single, many] = gsm ? [160, 153] : [70, 67];
      let parts = units ? 1 : 0, left = many;
      if (units > single) for (const width of widths) { if (width > left) { parts += 1; left = many; } left -= width; }
      return { encoding: gsm ? "GSM-7" : "UCS-2", characters: chars.length, parts };
    }

    function count() {
      const message = $("#message");
      if (!message) return;
      const { encoding, characters, parts } = plan(message.value), over = characters - table.limit;
      const words = over > 0 ? `${over} too many: at most ${table.limit} characters go at once`
        : `${characters}/${table.limit}` + (parts ? ` · ${encoding} · ${parts} part${parts > 1 ? "s" : ""}` : "");
      write($("#counter"), words);
      $("#counter").classList.toggle("over", over > 0);
      message.toggleAttribute("aria-invalid", over > 0);
      message.style.height = "auto";
      message.style.height = `${Math.min(message.scrollHeight + 2, 200)}px`;
    }

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
      if (!event.detail.successful) return;
      if (form.id === "composer" && form.isConnected) {
        form.elements.client_id.value = crypto.randomUUID?.() ?? uuid();
        const message = $("#message"), sent = form.dataset.sent ?? "";
        message.value = message.value.startsWith(sent) ? message.value.slice(sent.length) : message.value;
        keep(message.dataset.draft, message.value);
        $("#composer-alert").replaceChildren();
        count();
        message.focus({ preventScroll: true });
      } else if (form.id === "new-case") forget(form);
      else if (form.id === "wrap-up") for (const field of left) keep(field, "");
      else if (form.id === "wrap-up-fields") {
        const sent = event.detail.requestConfig.parameters;
        for (const field of $$("[data-draft]", form)) if (field.value === sent[field.name]) keep(field.dataset.draft, "");
      }
    });
    /* Wrapping up leaves the New case form behind, too. */
    let left = [];
    body.addEventListener("htmx:beforeRequest", (event) => {
      if (event.detail.elt.id === "wrap-up") left = $$("#work [data-draft]").map((field) => field.dataset.draft);
    });
    /* Let the server keep the disposition and the note as they are, without waiting for a pause. */
    const keepWrapUp = () => $("#wrap-up-fields")?.dispatchEvent(new Event("keep"));
    const uuid = () => "10000000-1000-4000-8000-100000000000".replace(/[018]/g, (c) => (c ^ (crypto.getRandomValues(new Uint8Array(1))[0] & (15 >> (c / 4)))).toString(16));

    // --------------------------------------------------- offers: sound, notification, flashing title
    const rung = new Set();
    let audio = null, ringing = null, flashing = null;
    const silent = () => stored("sound") === "off";

    function tone() {
      if (silent()) return;
      try {
        audio ??= new AudioContext();
        if (audio.state === "suspended") { audio.resume().catch(() => {}); }
        const start = audio.currentTime + 0.02;
        for (const [pitch, at] of [[659.3, 0], [880, 0.16]]) {
          const oscillator = audio.createOscillator(), gain = audio.createGain();
          oscillator.frequency.value = pitch;
          gain.gain.setValueAtTime(0, start + at);
          gain.gain.linearRampToValueAtTime(0.14, start + at + 0.02);
          gain.gain.exponentialRampToValueAtTime(0.001, start + at + 0.32);
          oscillator.connect(gain).connect(audio.destination);
          oscillator.start(start + at);
          oscillator.stop(start + at + 0.34);
        }
      } catch { /* no sound here; title and card still call */ }
    }
    for (const kind of ["pointerdown", "keydown"]) addEventListener(kind, () => { if (audio?.state === "suspended") audio.resume().catch(() => {}); }, { passive: true });

    function ring() {
      const offers = $$(".offer");
      for (const offer of offers) {
        if (rung.has(offer.id)) continue;
        rung.add(offer.id);
        write($("#say"), offer.dataset.say);
        tone();
        if (document.hidden && window.Notification?.permission === "granted") {
          const note = new Notification("SMS Chat Request", { body: $(".first-words", offer).textContent, tag: offer.id });
          note.onclick = () => { window.focus(); note.close(); };
        }
      }
      if (!offers.length) { clearInterval(ringing); ringing = null; write($("#say"), ""); }
      else ringing ??= setInterval(tone, 3000);
      followTitle();
    }

    function followTitle() {
      const offers = $$(".offer").length, waiting = Number($("#strip").dataset.unanswered);
      const plain = `${waiting ? `(${waiting}) ` : ""}${title()}`;
      clearInterval(flashing);
      document.title = offers ? "● SMS Chat Request" : plain;
      if (offers) flashing = setInterval(() => { document.title = document.title === plain ? "● SMS Chat Request" : plain; }, 1000);
    }

    // ------------------------------------------------------------------------------ menus and tabs
    function expand(button, yes) {
      const menu = document.getElementById(button.getAttribute("aria-controls"));
      button.setAttribute("aria-expanded", String(yes));
      menu.hidden = !yes;
      return menu;
    }
    const items = () => $$("#status-menu [role=menuitem]");
    const closeMenu = (refocus) => {
      const button = $("#status-button");
      if (button.getAttribute("aria-expanded") !== "true") return;
      expand(button, false);
      if (refocus) button.focus();
    };
    body.addEventListener("click", (event) => {
      const at = (selector) => event.target.closest(selector);
      if (at("#status-button")) {
        const opens = at("#status-button").getAttribute("aria-expanded") !== "true";
        expand(at("#status-button"), opens);
        if (opens) ($('[aria-current="true"]', $("#status-menu")) ?? items()[0]).focus();
      } else closeMenu(Boolean(at("#status-menu")));
      if (!at(".me")) $(".me").open = false;
      if (at("[role=tab]")) { chooseTab(at("[role=tab]")); store("tab", at("[role=tab]").id); }
      if (at("#new-lines")) { toBottom(); seen(); $("#message")?.focus(); }
      if (at("[data-view]")) view(at("[data-view]").dataset.view);
      if (at("#theme")) {
        const dark = root.dataset.theme ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
        root.dataset.theme = dark ? "light" : "dark";
        store("theme", root.dataset.theme);
      }
      if (at("#sound")) { store("sound", silent() ? "on" : "off"); showSound(); tone(); }
      if (at("#notify")) Notification.requestPermission().then(showNotify);
    });
    function view(name) {
      $("#work").classList.toggle("details", name === "details");
      for (const button of $$("[data-view]")) button.setAttribute("aria-pressed", String(button.dataset.view === name));
    }
    function chooseTab(tab) {
      for (const other of $$("[role=tab]", $("#pane"))) {
        const chosen = other === tab;
        other.setAttribute("aria-selected", String(chosen));
        other.tabIndex = chosen ? 0 : -1;
        document.getElementById(other.getAttribute("aria-controls")).hidden = !chosen;
      }
    }
    const showSound = () => $("#sound").setAttribute("aria-pressed", String(!silent()));
    const showNotify = () => { $("#notify").hidden = !window.Notification || Notification.permission !== "default"; };
    $("#sign-out").addEventListener("submit", forgetAll);

    const step = (list, key, from) => {
      const index = list.indexOf(from);
      if (key === "Home") return list[0];
      if (key === "End") return list.at(-1);
      return list[(index + (key === "ArrowDown" || key === "ArrowRight" ? 1 : -1) + list.length) % list.length];
    };

    // ---------------------------------------------------------------------------------------- keys
    const typing = (element) => element.matches?.("input, textarea, select, [contenteditable]");
    const press = (selector) => { const button = $(selector); if (button && !button.disabled) button.click(); return Boolean(button); };

    addEventListener("keydown", (event) => {
      const { key, code, target } = event;
      if (event.isComposing || $("#confirm").open) return;
      if (target.closest?.("#status-menu")) {
        if (["ArrowDown", "ArrowUp", "Home", "End"].includes(key)) { event.preventDefault(); step(items(), key, target).focus(); }
        else if (key === "Escape") closeMenu(true);
        else if (key === "Tab") closeMenu(false);
        else if (/^[a-z]$/i.test(key)) items().find((item) => item.textContent.trim().toLowerCase().startsWith(key.toLowerCase()))?.focus();
        return;
      }
      if (target.id === "status-button" && key === "ArrowDown") { event.preventDefault(); target.click(); return; }
      if (target.matches?.("[role=tab]") && ["ArrowLeft", "ArrowRight", "Home", "End"].includes(key)) {
        event.preventDefault();
        const tab = step($$("[role=tab]", $("#pane")), key, target);
        chooseTab(tab);
        tab.focus();
        return;
      }
      if (target.matches?.(".tile") && ["ArrowUp", "ArrowDown"].includes(key)) { event.preventDefault(); step($$(".tile"), key, target).focus(); return; }
      if (target.id === "message" && key === "Enter" && !event.shiftKey && !event.altKey && !event.ctrlKey && !event.metaKey) {
        event.preventDefault();
        target.form.requestSubmit();
        return;
      }
      if (key === "Escape" && $(".me").open) { $(".me").open = false; $(".me summary").focus(); return; }
      if (event.ctrlKey || event.metaKey) return;
      const bare = !event.altKey && !typing(target);
      if (!event.altKey && !bare) return;
      if (event.repeat) return;
      const digit = /^Digit([1-9])$/.exec(code)?.[1];
      let done = false;
      if (code === "KeyA") done = press(".offer .accept");
      else if (code === "KeyR") done = press(".offer .reject");
      else if (code === "KeyV" && event.altKey) { done = true; toAvailable(); }
      else if (digit) { const tile = $$(".tile")[digit - 1]; tile?.focus(); tile?.click(); done = Boolean(tile); }
      if (done) event.preventDefault();
    });
    const toAvailable = () => window.htmx.ajax("POST", body.dataset.status, { values: { status: "Available" }, swap: "none", source: body });

    // ---------------------------------------------------------------------------------------- begin
    if (kept("agent") !== body.dataset.agent) { forgetAll(); keep("agent", body.dataset.agent); }
    remember(body);
    showSound();
    showNotify();
    localTimes(body);
    arrive();
    tick();
    connect();
  }
})();
