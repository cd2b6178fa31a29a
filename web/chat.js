// The chat page: puts the parts together. How it talks to the server: docs/web-chat.md.

import { Composer, menu } from "./chat/composer.js";
import { Connection } from "./chat/connection.js";
import * as labels from "./chat/labels.js";
import { make } from "./chat/parts.js";
import { Queue } from "./chat/queue.js";
import { View } from "./chat/view.js";

const { label } = labels;
const get = (id) => document.getElementById(id);
const READ_MS = 800;
const BANNER_MS = 1_500; // a short break is no news
const FILE_FAULTS = { type: "file_type", too_large: "file_large", unreadable: "file_broken", bad_file: "file_broken" };

let lastSeq = 0;
let newestFromUs = 0;
let readTo = 0;
let replayTo = 0;
let unread = 0;
let readTimer = 0;
let bannerTimer = 0;

await labels.load();

const view = new View({
  pick: (choice, seq) => say({ t: "choice", id: choice.id, msg_seq: seq }, choice.title),
  share: (button) => composer.find(button),
  renew: renewed,
  ask,
  notice: (name) => composer.notice(name),
  retry: (item) => queue.retry(item),
  discard: (item) => {
    view.drop(item.frame.cid);
    queue.discard(item);
  },
});
const queue = new Queue((frame) => connection.send(frame), () => connection.open, upload, () => connection.restart(), fault);
const composer = new Composer({
  say: (text, files) => say({ t: "msg", text }, text, files),
  place: (place) => say({ t: "location", ...place }, ""),
  typing: () => connection.send({ t: "typing" }),
});
const connection = new Connection(() => lastSeq, take, announce);

function say(frame, text, files = []) {
  const item = queue.add(frame, text, files);
  // A file just confirmed by a fast line is on the screen already.
  if (queue.find(item.frame.cid)) view.wait(item);
}

function fault(item) {
  view.mark(item);
  if (item.failed === "too_long") composer.notice("too_long");
  else if (FILE_FAULTS[item.failed]) composer.notice(FILE_FAULTS[item.failed]);
}

function take(frame) {
  switch (frame.t) {
    case "welcome":
      if (!frame.resume && lastSeq) {
        view.clear();
        lastSeq = newestFromUs = readTo = 0;
      }
      replayTo = frame.seq;
      view.busy(lastSeq < replayTo);
      break;
    case "msg":
      received(frame);
      break;
    case "ack":
      lastSeq = Math.max(lastSeq, frame.seq);
      view.confirm(frame.cid, frame.seq);
      queue.acked(frame.cid);
      break;
    case "typing":
      view.type(frame.on);
      break;
    case "err":
      queue.refused(frame.cid, frame.code, frame.retry_ms);
      break;
  }
}

function received(frame) {
  lastSeq = Math.max(lastSeq, frame.seq);
  const own = frame.from === "customer";
  if (own && queue.find(frame.cid)) {
    // Its ack was lost with the old line.
    view.confirm(frame.cid, frame.seq);
    queue.acked(frame.cid);
  } else view.show(frame);
  if (frame.seq >= replayTo) view.busy(false);
  if (own) return;
  newestFromUs = Math.max(newestFromUs, frame.seq);
  if (document.hidden && frame.seq > replayTo) title(unread + 1);
  read();
}

function title(count) {
  unread = count;
  document.title = document.title.replace(/^\(\d+\) /, "");
  if (count) document.title = `(${count}) ${document.title}`;
}

// What is on the screen counts as read, told once for several.
function read() {
  clearTimeout(readTimer);
  readTimer = setTimeout(() => {
    if (document.hidden || !view.atEnd || newestFromUs <= readTo) return;
    if (connection.send({ t: "read", seq: newestFromUs })) readTo = newestFromUs;
  }, READ_MS);
}
view.onRead = read;
document.addEventListener("visibilitychange", () => {
  if (document.hidden) return;
  title(0);
  read();
});

function announce(state) {
  document.documentElement.dataset.line = state;
  clearTimeout(bannerTimer);
  const show = () => {
    get("banner-words").textContent = label({ connecting: "connecting", retrying: "retrying", offline: "offline" }[state]);
    get("banner").hidden = false;
  };
  if (state === "online") {
    get("banner").hidden = true;
    queue.pump();
    return;
  }
  queue.interrupted();
  view.type(false);
  if (state === "offline") show();
  else bannerTimer = setTimeout(show, BANNER_MS);
}

async function upload(file) {
  const form = new FormData();
  form.append("file", file.blob, file.name);
  const answer = await fetch("/chat/upload", { method: "POST", body: form });
  if (answer.ok) return (await answer.json()).id;
  if (answer.status === 429 || answer.status >= 500 || answer.status === 408 || answer.status === 401) throw new Error("later");
  const { code } = await answer.json().catch(() => ({}));
  throw Object.assign(new Error("refused"), { code: code || "failed" });
}

async function renewed(seq, index) {
  const answer = await fetch(`/chat/poll?after=${seq - 1}&wait=0`);
  const { frames } = await answer.json();
  return frames.find((frame) => frame.t === "msg" && frame.seq === seq).media[index].url;
}

function ask(heading, text, yes) {
  const dialog = get("question");
  get("question-title").textContent = heading;
  get("question-text").textContent = text;
  get("question-yes").textContent = yes;
  dialog.returnValue = "";
  dialog.showModal();
  return new Promise((done) => dialog.addEventListener("close", () => done(dialog.returnValue === "yes"), { once: true }));
}

// Head: language, install, leave
function languageMenu() {
  const buttons = labels.languages().map((code) => {
    const button = make("button", "", labels.nameOf(code));
    button.type = "button";
    button.lang = code;
    button.setAttribute("aria-pressed", String(code === labels.language()));
    button.onclick = async () => {
      await labels.change(code).catch(() => {});
      languageMenu();
      get("menu-button").focus();
    };
    return button;
  });
  get("languages").replaceChildren(...buttons);
}
menu(get("menu-button"), get("menu"));
languageMenu();

let installer = null;
window.addEventListener("beforeinstallprompt", (event) => {
  event.preventDefault();
  installer = event;
  get("install").hidden = false;
});
get("install").onclick = async () => {
  get("install").hidden = true;
  await installer?.prompt();
};
get("leave").onclick = async () => {
  if (!(await ask(label("leave_title"), label("leave_text"), label("leave_yes")))) return;
  const answer = await fetch("/chat/leave", { method: "POST" }).catch(() => null);
  if (!answer?.ok) return composer.notice("retrying");
  queue.forget();
  location.reload();
};

for (const starter of document.querySelectorAll("[data-say]")) {
  starter.onclick = () => {
    const words = label(`say_${starter.dataset.say}`);
    say({ t: "msg", text: words }, words);
    get("words").focus({ preventScroll: true });
  };
}

for (const item of queue.recall()) view.wait(item);
for (const item of queue.items) if (item.failed) view.mark(item);
connection.start();

if ("serviceWorker" in navigator) {
  const policy = window.trustedTypes?.createPolicy("sathi", { createScriptURL: (url) => (url === "/sw.js" ? url : "") });
  navigator.serviceWorker.register(policy ? policy.createScriptURL("/sw.js") : "/sw.js").catch(() => {});
}
