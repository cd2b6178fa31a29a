// The live desk: follows the event log, fetches anew what changed, and the keys. Works without it, one page at a time.
"use strict";
(() => {
  const body = document.body;
  const one = (selector, within = document) => within.querySelector(selector);
  const all = (selector, within = document) => [...within.querySelectorAll(selector)];

  const here = one(".top nav [aria-current]");
  if (here) here.scrollIntoView({ block: "nearest", inline: "center" });

  // Pages with a board: drawn anew when the log says so, but never under somebody's hands.
  if (body.dataset.board) {
    let due = false, last = 0;
    const board = one("#board");
    const draw = async () => {
      const field = document.activeElement;
      if (board.contains(field) && field.matches("input, textarea, select")) { due = true; return; }
      due = false;
      try {
        const answer = await fetch(body.dataset.board, { headers: { "X-Background": "1" } });
        if (answer.status === 401) location.href = "/desk/login";
        else if (answer.ok) board.innerHTML = await answer.text();
      } catch { due = true; }
    };
    let soon = null;
    const drawSoon = () => { clearTimeout(soon); soon = setTimeout(draw, 200); };
    const follow = () => {
      const line = new EventSource(`/desk/events?after=${last}`);
      const note = (event) => { if (event.lastEventId) last = Number(event.lastEventId); drawSoon(); };
      line.onopen = drawSoon;
      line.onerror = () => { if (line.readyState === EventSource.CLOSED) setTimeout(follow, 3000); };
      (body.dataset.on || "").split(" ").concat("reload").forEach((name) => line.addEventListener(name, note));
      line.addEventListener("signed-out", () => { location.href = "/desk/login"; });
      line.addEventListener("elsewhere", () => { line.close(); addEventListener("focus", follow, { once: true }); });
      addEventListener("pagehide", () => line.close());
    };
    follow();
    setInterval(() => { if (due || document.visibilityState === "visible") drawSoon(); }, 15000);
  }
  document.addEventListener("submit", (event) => {
    const asks = event.target.dataset.sure;
    if (asks && !confirm(asks)) event.preventDefault();
  });
  if (!body.classList.contains("inbox")) return;

  const background = { "X-Background": "1" };
  const chosen = () => body.dataset.chosen || "";
  const where = () => {
    const query = new URLSearchParams({ list: body.dataset.list || "" });
    if (body.dataset.search) query.set("q", body.dataset.search);
    if (chosen()) query.set("c", chosen());
    if (Number(body.dataset.page) > 1) query.set("page", body.dataset.page);
    return query;
  };
  const newId = () => (crypto.randomUUID ? crypto.randomUUID() : `${Date.now()}-${Math.random().toString(36).slice(2, 12)}`);

  // Scrolling: stay at the end when the reader was there.
  const scroll = () => one("#scroll");
  const atEnd = () => { const box = scroll(); return !box || box.scrollHeight - box.scrollTop - box.clientHeight < 80; };
  const toEnd = () => { const box = scroll(); if (box) box.scrollTop = box.scrollHeight; };
  let wasAtEnd = true;
  const seen = () => {
    const last = all("#log .message[id]").pop();
    if (last) all("input.seen").forEach((field) => { field.value = last.id.slice(1); });
  };
  const prepare = () => { all("input.cid").forEach((field) => { if (!field.value) field.value = newId(); }); };

  // What was typed belongs to its conversation and outlives a redraw of the pane.
  const drafts = new Map();
  document.addEventListener("input", (event) => { if (event.target.id === "words") drafts.set(chosen(), event.target.value); });
  body.addEventListener("htmx:beforeSwap", (event) => {
    wasAtEnd = atEnd();
    const sent = event.detail.requestConfig && event.detail.requestConfig.path.endsWith("/reply");
    if (sent && !event.detail.xhr.responseText.includes('class="fault"')) drafts.delete(chosen());
  });
  body.addEventListener("htmx:responseError", (event) => { if ([403, 429].includes(event.detail.xhr.status)) location.reload(); });
  const about = (on) => {
    body.classList.toggle("about", on);
    const button = one("#about");
    if (button) button.setAttribute("aria-expanded", String(on));
  };
  const settled = (id, replied) => {
    prepare();
    const words = one("#words");
    if (words && !words.value && drafts.get(chosen())) words.value = drafts.get(chosen());
    about(body.classList.contains("about"));
    if (id !== "lists") suggestLater();
    if (id === "main") { toEnd(); seen(); if (words && replied) words.focus(); }
    else if (id === "log") { if (wasAtEnd) toEnd(); if (document.visibilityState === "visible") seen(); }
  };
  body.addEventListener("htmx:afterSettle", (event) => {
    const asked = event.detail.requestConfig;
    settled(event.detail.target.id, asked && asked.path.endsWith("/reply"));
  });

  // Fetch anew: one request of a kind under way, one more when something happened meanwhile, again when the line broke.
  const paths = {
    lists: () => `/desk/list?${where()}`,
    log: () => chosen() && `/desk/c/${chosen()}/messages`,
    main: () => chosen() && `/desk/c/${chosen()}`,
    side: () => chosen() && `/desk/c/${chosen()}/side`,
  };
  const busy = {}, again = {};
  const fetchAnew = async (kind) => {
    if (busy[kind]) { again[kind] = true; return; }
    const path = paths[kind]();
    if (!path) return;
    busy[kind] = true;
    let done = false;
    try {
      const answer = await fetch(path, { headers: { ...background, "HX-Request": "true" } });
      if (answer.status === 401) { location.href = "/desk/login"; return; }
      // The reason that was given for a look holds for an hour.
      if (answer.status === 403 && kind !== "main") { busy[kind] = false; fetchAnew("main"); return; }
      const text = await answer.text();
      const target = one(`#${kind}`);
      done = answer.status < 500;
      if (answer.ok && target && path === paths[kind]()) {
        wasAtEnd = atEnd();
        target.innerHTML = text;
        htmx.process(target);
        settled(kind, false);
      }
    } catch { /* the line is broken: below */ }
    busy[kind] = false;
    if (!done) setTimeout(() => fetchAnew(kind), 1000);
    else if (again[kind]) { again[kind] = false; fetchAnew(kind); }
  };
  const drawList = () => {
    const search = one("#search");
    if (search && search === document.activeElement) return;
    fetchAnew("lists").then(notice);
  };
  const drawLog = () => fetchAnew("log");
  // Nobody's half-written words, chosen file or open form may vanish under a redraw.
  const writing = () => {
    const field = document.activeElement;
    const file = one("#file");
    return (field && field.matches("#main textarea, #main input, #main select") && (field.value || field.closest("details"))) || (file && file.files.length) || one(".side details[open]");
  };
  const drawPane = () => { if (writing()) drawLog(); else fetchAnew("main"); };
  const drawSide = () => { if (!one(".side details[open]") && !(document.activeElement && document.activeElement.closest(".side"))) fetchAnew("side"); };

  // The line. EventSource names the last id it has seen when it comes back.
  let source = null, last = Number(body.dataset.newest || 0), failures = 0;
  const lineState = one("#line-state");
  const connect = () => {
    if (source) source.close();
    source = new EventSource(`/desk/events?after=${last}${chosen() ? `&c=${chosen()}` : ""}`);
    source.onopen = () => { failures = 0; lineState.hidden = true; body.dataset.line = "on"; drawList(); drawLog(); };
    source.onerror = () => {
      body.dataset.line = "off";
      if (++failures > 1) lineState.hidden = false;
      if (source.readyState === EventSource.CLOSED) setTimeout(connect, Math.min(15000, 1000 * failures));
    };
    const on = (name, does) => source.addEventListener(name, (event) => { if (event.lastEventId) last = Number(event.lastEventId); does(JSON.parse(event.data || "{}")); });
    const here = (data) => String(data.conversation || "") === chosen();
    on("takeover", (data) => { drawList(); if (here(data)) drawPane(); });
    on("message", (data) => { drawList(); if (!here(data)) return; shownTyping(""); if (one(".window-closed")) drawPane(); else { drawLog(); drawSide(); } });
    on("label", (data) => { drawList(); if (here(data)) drawSide(); });
    on("typing", (data) => { if (here(data) && String(data.staff || "") !== body.dataset.me) shownTyping(data.on === false ? "" : data.who || body.dataset.customer); });
    on("note", (data) => { if (here(data)) drawLog(); });
    on("danger", () => drawList());
    on("held", (data) => { if (here(data)) drawLog(); });
    on("rating", (data) => { if (here(data)) drawPane(); });
    on("presence", () => { if (chosen()) drawPane(); });
    on("transcript", drawLog);
    on("reload", () => location.reload());
    // Too many windows of one person: this one rests until somebody looks at it again.
    on("elsewhere", () => { source.close(); addEventListener("focus", connect, { once: true }); });
    on("signed-out", () => { location.href = "/desk/login"; });
  };

  // What the bot would say: asked for once the rest is shown, and again when the customer wrote.
  let suggested = "";
  const suggest = async () => {
    const box = one("#suggest"), last = all("#log .message.customer[id]").pop();
    if (!box || !last || !chosen()) return;
    const key = `${chosen()}:${last.id}`;
    if (box.dataset.key === key) return;
    box.dataset.key = suggested = key;
    try {
      const answer = await fetch(`/desk/c/${chosen()}/suggest`, { headers: background });
      const text = answer.ok ? await answer.text() : "";
      const now = one("#suggest");
      if (now && suggested === key) { now.dataset.key = key; now.innerHTML = text; now.hidden = !text.trim(); }
    } catch { /* a help, nothing more */ }
  };
  let suggestSoon = null;
  const suggestLater = () => { clearTimeout(suggestSoon); suggestSoon = setTimeout(suggest, 400); };
  const toPart = (name) => {
    const part = name && one(`.side [data-part="${CSS.escape(name)}"]`);
    if (!part) return;
    about(true);
    if (part.tagName === "DETAILS") part.open = true;
    part.scrollIntoView({ block: "nearest" });
    const field = one("select, input:not([type=hidden]), button", part);
    if (field) field.focus();
  };

  // Who waits stands in the title and on the app's icon; when it becomes more, a short sound.
  let waited = null, noise = null;
  const quiet = () => localStorage.getItem("desk-quiet") === "1";
  const ring = () => {
    if (quiet() || !(navigator.userActivation && navigator.userActivation.hasBeenActive)) return;
    try {
      noise = noise || new AudioContext();
      const tone = noise.createOscillator(), level = noise.createGain(), now = noise.currentTime;
      tone.frequency.setValueAtTime(660, now); tone.frequency.setValueAtTime(880, now + 0.12);
      level.gain.setValueAtTime(0.08, now); level.gain.exponentialRampToValueAtTime(0.0001, now + 0.35);
      tone.connect(level).connect(noise.destination); tone.start(now); tone.stop(now + 0.36);
    } catch { /* a browser without sound */ }
  };
  function notice() {
    const rows = one(".rows");
    if (!rows) return;
    const unassigned = Number(rows.dataset.unassigned), count = unassigned + Number(rows.dataset.waiting) + Number(rows.dataset.danger);
    document.title = document.title.replace(/^\(\d+\) /, "");
    if (count) document.title = `(${count}) ${document.title}`;
    if (navigator.setAppBadge) (count ? navigator.setAppBadge(count) : navigator.clearAppBadge()).catch(() => {});
    const on = one("#duty .switch.on");
    if (waited !== null && count > waited && on) ring();
    waited = count;
  }
  const soundButton = one("#sound");
  const soundShown = () => { if (soundButton) { soundButton.setAttribute("aria-pressed", String(!quiet())); soundButton.textContent = quiet() ? body.dataset.soundOff : body.dataset.soundOn; } };
  const soundSwitched = () => { localStorage.setItem("desk-quiet", quiet() ? "0" : "1"); soundShown(); if (!quiet()) ring(); };
  if (soundButton) { soundButton.hidden = false; soundButton.addEventListener("click", soundSwitched); soundShown(); }

  // Who writes right now; a word that nobody renews fades.
  let fades = null;
  function shownTyping(who) {
    const line = one("#typing");
    if (!line) return;
    clearTimeout(fades);
    line.hidden = !who;
    line.textContent = who ? body.dataset.writes.replace("{who}", () => who) : "";
    if (who) fades = setTimeout(() => shownTyping(""), 6000);
  }
  let toldAt = 0, stops = null;
  const tell = (on) => {
    if (!chosen()) return;
    toldAt = on ? Date.now() : 0;
    fetch(`/desk/c/${chosen()}/typing`, { method: "POST", headers: { "X-CSRF-Token": token(), ...background }, body: new URLSearchParams({ on: on ? "1" : "0" }) }).catch(() => {});
  };
  document.addEventListener("input", (event) => {
    if (event.target.id !== "words") return;
    if (event.target.value && Date.now() - toldAt > 3000) tell(true);
    clearTimeout(stops);
    stops = setTimeout(() => { if (toldAt) tell(false); }, 4000);
  });

  // A file by the button, the clipboard or dropped.
  const showFile = () => {
    const file = one("#file"), line = one("#chosen-file");
    if (!file || !line) return;
    const chosenFile = file.files[0];
    line.hidden = !chosenFile;
    line.textContent = chosenFile ? `${chosenFile.name} · ${Math.ceil(chosenFile.size / 1024)} KB` : "";
    if (chosenFile) {
      const drop = document.createElement("button");
      drop.type = "button"; drop.textContent = body.dataset.drop; drop.className = "drop-file";
      line.append(" ", drop);
    }
  };
  const give = (files) => { const file = one("#file"); if (!file || !files.length) return false; const box = new DataTransfer(); box.items.add(files[0]); file.files = box.files; showFile(); return true; };
  document.addEventListener("change", (event) => { if (event.target.id === "file") showFile(); });
  document.addEventListener("paste", (event) => { if (event.target.id === "words" && event.clipboardData && give(event.clipboardData.files)) event.preventDefault(); });
  document.addEventListener("dragover", (event) => { if (event.target.closest && event.target.closest(".talk")) event.preventDefault(); });
  document.addEventListener("drop", (event) => { if (event.target.closest && event.target.closest(".talk") && event.dataTransfer) { event.preventDefault(); give(event.dataTransfer.files); } });

  // Signs of life: the page's own for being on duty; the person's for the session.
  let active = true;
  ["keydown", "pointerdown"].forEach((name) => document.addEventListener(name, () => { active = true; }, { passive: true }));
  const token = () => JSON.parse(body.getAttribute("hx-headers"))["X-CSRF-Token"];
  const alive = () => {
    const headers = { "X-CSRF-Token": token(), ...(active ? {} : background) };
    active = false;
    fetch("/desk/alive", { method: "POST", headers }).then((answer) => { if (answer.status === 401) location.href = "/desk/login"; }, () => {});
  };
  setInterval(alive, 25000);
  alive();

  document.addEventListener("input", (event) => {
    if (!event.target.classList.contains("pick")) return;
    const wanted = event.target.value.trim().toLowerCase();
    all("[data-words]", event.target.closest(".sheet")).forEach((button) => { button.hidden = Boolean(wanted) && !button.textContent.toLowerCase().includes(wanted); });
  });

  // Opening a conversation without loading the page anew.
  document.addEventListener("click", (event) => {
    const row = event.target.closest("a.row");
    if (row && !event.ctrlKey && !event.metaKey) { event.preventDefault(); open(row.dataset.id, row.href); return; }
    if (event.target.closest(".drop-file")) { one("#file").value = ""; showFile(); return; }
    if (event.target.closest("#about")) { about(!body.classList.contains("about")); return; }
    const step = event.target.closest("[data-step]");
    if (step) { toPart(step.dataset.step); return; }
    const ready = event.target.closest("[data-words]");
    if (ready && one("#words")) {
      const words = one("#words");
      words.value = words.value ? `${words.value}\n${ready.dataset.words}` : ready.dataset.words;
      drafts.set(chosen(), words.value);
      about(false);
      if (ready.closest("details")) ready.closest("details").open = false;
      words.focus();
    }
    all(".doing details[open]:not(.template-box)").forEach((box) => { if (!box.contains(event.target)) box.open = false; });
  });
  const open = (id, href, push = true) => {
    body.dataset.chosen = id;
    body.classList.toggle("reading", Boolean(id));
    if (push) history.pushState({ id }, "", href);
    all("a.row").forEach((row) => row.classList.toggle("chosen", row.dataset.id === id));
    if (id) fetchAnew("main").then(connect);
  };
  addEventListener("popstate", () => location.reload());
  body.addEventListener("desk:changed", () => drawList());

  // Keys.
  let prefix = "";
  document.addEventListener("keydown", (event) => {
    const field = event.target.closest("input, textarea, select");
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey) && event.target.id === "words") { event.preventDefault(); one("#reply").requestSubmit(); return; }
    if (event.key === "Escape") {
      const box = event.target.closest("details[open]");
      if (box) { box.open = false; one("summary", box).focus(); return; }
      if (field) field.blur(); else about(false);
      return;
    }
    if (event.key === "Enter" && event.target.classList.contains("pick")) { event.preventDefault(); const first = all("[data-words]", event.target.closest(".sheet")).find((button) => !button.hidden); if (first) first.click(); return; }
    if (field || event.ctrlKey || event.metaKey || event.altKey) return;
    const key = event.key;
    if (prefix === "g") { prefix = ""; const list = { m: "mine", u: "unassigned", t: "team", s: "snoozed" }[key]; if (list) location.href = `/desk/?list=${list}`; return; }
    const rows = all("a.row"), place = rows.findIndex((row) => row.dataset.id === chosen());
    const go = (row) => { if (row) { event.preventDefault(); open(row.dataset.id, row.href); row.focus(); } };
    if (key === "g") prefix = "g";
    else if (key === "j") go(rows[place + 1]);
    else if (key === "k") go(rows[place - 1]);
    else if (key === "n" && one("#next")) one("#next").click();
    else if (key === "r" && one("#words")) { event.preventDefault(); one("#words").focus(); }
    else if (key === "/") { event.preventDefault(); one("#search").focus(); }
    else if (key === "?") one("#keys").showModal();
    else if (key === "s") soundSwitched();
    else if (key === "p") { const box = one(".side summary[data-key=p]"); if (box) { event.preventDefault(); about(true); box.parentElement.open = true; one("select", box.parentElement).focus(); } }
    else if (key === "a" || key === "m") { const box = one(`.doing summary[data-key=${key}]`); if (box) { event.preventDefault(); box.parentElement.open = true; one("input[type=search], textarea", box.parentElement).focus(); } }
    else { const button = one(`[data-key="${CSS.escape(key)}"]`); if (button) button.click(); }
  });

  prepare(); toEnd(); seen(); connect(); suggestLater();
  addEventListener("pagehide", () => source && source.close());
})();
