// The conversation on the screen: messages in the order of their numbers, unconfirmed ones at the end.

import { label, locale } from "./labels.js";
import * as parts from "./parts.js";

const NEAR = 120; // pixels from the end that still count as reading along
const TYPING_MS = 25_000;
const NEIGHBOURS_MS = 300_000;

export class View {
  // `act` has: pick(choice, seq), share(button), renew(seq, index), ask(title, text, yes), notice(name), retry(item), discard(item)
  constructor(act) {
    this.act = act;
    this.scroll = document.getElementById("scroll");
    this.log = document.getElementById("log");
    this.typing = document.getElementById("typing");
    this.newer = document.getElementById("newer");
    this.known = new Map();
    this.pending = new Map();
    this.atEnd = true;
    this.scroll.addEventListener("scroll", () => this.watch(), { passive: true });
    this.newer.onclick = () => this.toEnd(true);
    // The keyboard of a phone takes half the page away: keep the end in sight.
    new ResizeObserver(() => this.atEnd && this.toEnd()).observe(this.scroll);
  }

  watch() {
    this.atEnd = this.scroll.scrollHeight - this.scroll.scrollTop - this.scroll.clientHeight < NEAR;
    if (this.atEnd) this.newer.hidden = true;
    this.onRead?.();
  }

  toEnd(smooth = false) {
    this.scroll.scrollTo({ top: this.scroll.scrollHeight, behavior: smooth ? "smooth" : "instant" });
    this.newer.hidden = true;
  }

  // A long history read aloud would drown what is new.
  busy(on) {
    this.log.setAttribute("aria-live", on ? "off" : "polite");
  }

  clear() {
    this.log.replaceChildren(...this.pending.values());
    this.known.clear();
  }

  show(frame) {
    if (this.known.has(frame.seq)) return;
    const mine = frame.from === "customer";
    const node = parts.make("div", `message ${mine ? "mine" : frame.from}`);
    node.dataset.seq = frame.seq;
    node.dataset.at = frame.at ?? "";
    this.fill(node, frame);
    this.place(node, frame.seq);
    this.known.set(frame.seq, node);
    this.settle(node, mine ? "sent" : "");
    if (!mine) {
      this.type(false);
      this.seenBefore(frame.seq);
      if (frame.choices?.length) this.fade(node);
    } else this.fade(null);
    this.follow(mine);
  }

  fill(node, frame) {
    const { act } = this;
    node.append(parts.make("span", "quiet", `${label(frame.from === "customer" ? "you" : frame.from)}: `));
    if (frame.from === "operator") node.append(parts.make("span", "name", label("operator")));
    for (const [index, item] of (frame.media ?? []).entries()) {
      node.append(parts.file(item, () => act.renew(frame.seq, index), () => act.notice("file_gone")));
    }
    if (frame.text) node.append(parts.bubble(frame.text));
    if (frame.location) node.append(parts.spot(frame.location));
    const link = frame.link && parts.outside(frame.link, act.ask);
    if (link) node.append(link);
    if (frame.call) node.append(parts.call(frame.call));
    if (frame.ask === "location") node.append(parts.askPlace(act.share));
    if (frame.choices?.length) node.append(parts.choices(frame.choices, (one) => act.pick(one, frame.seq)));
  }

  place(node, seq) {
    const later = [...this.log.querySelectorAll(".message[data-seq]")].find((one) => Number(one.dataset.seq) > seq);
    const next = later ?? [...this.pending.values()][0] ?? null;
    this.log.insertBefore(node, next);
    this.neighbours(node);
  }

  // A new day gets a heading; messages of one voice within minutes stand together.
  neighbours(node) {
    const at = node.dataset.at ? new Date(node.dataset.at) : new Date();
    let before = node.previousElementSibling;
    while (before && !before.dataset.at) before = before.previousElementSibling;
    const earlier = before ? new Date(before.dataset.at) : null;
    if (earlier?.toDateString() !== at.toDateString()) {
      this.log.insertBefore(parts.make("p", "day", day(at)), node);
    } else if (node.previousElementSibling === before && voice(before) === voice(node) && at - earlier < NEIGHBOURS_MS) {
      node.classList.add("next");
    }
  }

  settle(node, state) {
    node.querySelector(":scope > .foot")?.remove();
    const foot = parts.make("p", `foot ${state}`);
    const at = node.dataset.at ? new Date(node.dataset.at) : new Date();
    foot.append(parts.make("span", "", parts.clockTime(at)));
    if (state) {
      const mark = parts.icon({ sending: "clock", sent: "check", seen: "checks", failed: "warning" }[state]);
      foot.append(mark, parts.make("span", state === "failed" ? "" : "quiet", label(state)));
    }
    node.dataset.state = state;
    node.append(foot);
  }

  // Whoever answers has read what was said before.
  seenBefore(seq) {
    for (const [number, node] of this.known) {
      if (number < seq && node.dataset.state === "sent") this.settle(node, "seen");
    }
  }

  // Older choices can still be tapped, but step back.
  fade(newest) {
    for (const node of this.log.querySelectorAll(".message:not(.past)")) if (node !== newest) node.classList.add("past");
  }

  // Something the customer just said, before the server knows it.
  wait(item) {
    const node = parts.make("div", "message mine");
    node.dataset.at = new Date().toISOString();
    node.append(parts.make("span", "quiet", `${label("you")}: `));
    for (const file of item.files ?? []) node.append(preview(file));
    if (item.frame.location || item.frame.lat !== undefined) node.append(parts.spot(item.frame));
    else if (item.text) node.append(parts.bubble(item.text));
    this.pending.set(item.frame.cid, node);
    this.log.append(node);
    this.neighbours(node);
    this.fade(null);
    this.mark(item);
    this.follow(true);
  }

  mark(item) {
    const node = this.pending.get(item.frame.cid);
    if (!node) return;
    node.classList.toggle("failed", Boolean(item.failed));
    node.querySelector(".mend")?.remove();
    this.settle(node, item.failed ? "failed" : "sending");
    if (!item.failed) return;
    const mend = parts.make("div", "mend");
    for (const [name, what] of [["retry", this.act.retry], ["discard", this.act.discard]]) {
      const button = parts.make("button", "", label(name));
      button.type = "button";
      button.onclick = () => what(item);
      mend.append(button);
    }
    node.append(mend);
  }

  // The server has it now, under a number.
  confirm(cid, seq) {
    const node = this.pending.get(cid);
    if (!node) return;
    this.pending.delete(cid);
    if (this.known.has(seq)) {
      node.remove();
      return;
    }
    node.dataset.seq = seq;
    node.classList.remove("failed");
    node.querySelector(".mend")?.remove();
    this.known.set(seq, node);
    this.settle(node, "sent");
    const later = [...this.log.querySelectorAll(".message[data-seq]")].find((one) => Number(one.dataset.seq) > seq);
    if (later && later.compareDocumentPosition(node) & Node.DOCUMENT_POSITION_FOLLOWING) this.log.insertBefore(node, later);
    if ([...this.known].some(([number, one]) => number > seq && !one.classList.contains("mine"))) this.settle(node, "seen");
  }

  drop(cid) {
    this.pending.get(cid)?.remove();
    this.pending.delete(cid);
  }

  type(on) {
    clearTimeout(this.typingTimer);
    this.typing.hidden = !on;
    document.getElementById("typing-words").textContent = on ? `${label("bot")} ${label("typing")}` : "";
    if (!on) return;
    this.typingTimer = setTimeout(() => this.type(false), TYPING_MS);
    this.follow(false);
  }

  follow(always) {
    if (always || this.atEnd) this.toEnd();
    else if (this.typing.hidden) this.newer.hidden = false;
  }
}

const voice = (node) => ["mine", "operator", "bot"].find((name) => node.classList.contains(name));

function day(date) {
  const now = new Date();
  const before = new Date(now.getFullYear(), now.getMonth(), now.getDate() - 1);
  if (date.toDateString() === now.toDateString()) return label("today");
  if (date.toDateString() === before.toDateString()) return label("yesterday");
  return date.toLocaleDateString(locale(), { day: "numeric", month: "long", year: "numeric" });
}

function preview(file) {
  if (file.picture) {
    const picture = parts.make("img", "picture");
    picture.src = file.picture;
    picture.alt = file.name;
    return picture;
  }
  const node = parts.make("div", "document");
  const sheet = parts.make("span", "sheet");
  sheet.append(parts.icon("file"));
  const words = parts.make("span");
  words.append(parts.make("b", "", file.name), parts.make("small", "", parts.size(file.blob?.size ?? 0)));
  node.append(sheet, words);
  return node;
}
