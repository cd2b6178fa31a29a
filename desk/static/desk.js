// The live desk: follows the event log, fetches anew what changed, and the keys. Works without it, one page at a time.
"use strict";
(() => {
  const body = document.body;
  const one = (selector, within = document) => within.querySelector(selector);
  const all = (selector, within = document) => [...within.querySelectorAll(selector)];
  if (!body.classList.contains("inbox")) return;

  const background = { "X-Background": "1" };
  const chosen = () => body.dataset.chosen || "";
  const where = () => {
    const query = new URLSearchParams({ list: body.dataset.list || "" });
    if (body.dataset.search) query.set("q", body.dataset.search);
    if (chosen()) query.set("c", chosen());
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
  const settled = (id, replied) => {
    prepare();
    const words = one("#words");
    if (words && !words.value && drafts.get(chosen())) words.value = drafts.get(chosen());
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
  const typing = () => { const field = document.activeElement; return field && field.tagName === "TEXTAREA" && field.value; };
  const drawPane = () => { if (typing()) drawLog(); else fetchAnew("main"); };

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
    on("message", (data) => { drawList(); if (here(data)) drawLog(); });
    on("note", (data) => { if (here(data)) drawLog(); });
    on("danger", () => drawList());
    on("rating", (data) => { if (here(data)) drawPane(); });
    on("presence", () => { if (chosen()) drawPane(); });
    on("transcript", drawLog);
    on("reload", () => location.reload());
    on("signed-out", () => { location.href = "/desk/login"; });
  };
  function notice() {
    const rows = one(".rows");
    const count = rows ? Number(rows.dataset.unassigned) : 0;
    document.title = document.title.replace(/^\(\d+\) /, "");
    if (count) document.title = `(${count}) ${document.title}`;
  }

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

  // Opening a conversation without loading the page anew.
  document.addEventListener("click", (event) => {
    const row = event.target.closest("a.row");
    if (row && !event.ctrlKey && !event.metaKey) { event.preventDefault(); open(row.dataset.id, row.href); return; }
    const ready = event.target.closest("[data-words]");
    if (ready) {
      const words = one("#words");
      words.value = words.value ? `${words.value}\n${ready.dataset.words}` : ready.dataset.words;
      drafts.set(chosen(), words.value);
      ready.closest("details").open = false;
      words.focus();
    }
    all("details[open]").forEach((box) => { if (!box.contains(event.target)) box.open = false; });
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
    if (event.key === "Escape" && field) { field.blur(); return; }
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
    else { const button = one(`[data-key="${CSS.escape(key)}"]`); if (button) button.click(); }
  });

  prepare(); toEnd(); seen(); connect();
  addEventListener("pagehide", () => source && source.close());
})();
