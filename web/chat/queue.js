// What the customer said and the server has not confirmed yet: one at a time, in order, again after every break.
// Each has an id of its own (`cid`), so however often it is sent the server takes it once.

const ACK_MS = 15_000;
const KEEP = "sathi-unsent";

export function newId() {
  if (crypto.randomUUID) return crypto.randomUUID();
  return [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

export class Queue {
  // `upload(file)` gives an id, or throws an error whose `code` says that another try is useless.
  constructor(send, isOpen, upload, restart, onChange) {
    Object.assign(this, { send, isOpen, upload, restart, onChange });
    this.items = [];
    this.flying = null;
  }

  // Words survive a reload of the tab; files do not.
  remember() {
    const plain = this.items.filter((item) => !item.files?.length).map(({ frame, text, failed }) => ({ frame, text, failed }));
    try {
      sessionStorage.setItem(KEEP, JSON.stringify(plain));
    } catch {
      // A full or forbidden storage costs no message while the page is open.
    }
  }

  recall() {
    try {
      this.items = JSON.parse(sessionStorage.getItem(KEEP) ?? "[]");
    } catch {
      this.items = [];
    }
    return this.items;
  }

  add(frame, text, files = []) {
    const item = { frame: { ...frame, cid: newId() }, text, files };
    this.items.push(item);
    this.remember();
    this.pump();
    return item;
  }

  find(cid) {
    return this.items.find((item) => item.frame.cid === cid);
  }

  // The line broke: what was under way will be sent again.
  interrupted() {
    clearTimeout(this.timer);
    this.flying = null;
  }

  async pump() {
    if (this.flying || !this.isOpen()) return;
    const item = this.items.find((one) => !one.failed);
    if (!item) return;
    this.flying = item;
    clearTimeout(this.timer);
    try {
      for (const file of item.files ?? []) {
        file.id ??= await this.upload(file);
      }
    } catch (error) {
      if (this.flying !== item) return;
      this.flying = null;
      if (error.code) this.fail(item, error.code);
      else this.timer = setTimeout(() => this.pump(), 4_000);
      return;
    }
    if (this.flying !== item) return;
    if (item.files?.length) item.frame.media = item.files.map((file) => ({ id: file.id }));
    if (!this.send(item.frame)) {
      this.flying = null;
      return;
    }
    this.timer = setTimeout(() => this.restart(), ACK_MS);
  }

  // Also when the message comes back in a replay: the ack itself was lost.
  acked(cid) {
    const item = this.find(cid);
    if (!item) return null;
    this.items = this.items.filter((one) => one !== item);
    this.landed(item);
    return item;
  }

  refused(cid, code, retryMs) {
    const item = cid ? this.find(cid) : this.flying;
    if (!item) return;
    if (retryMs) {
      clearTimeout(this.timer);
      this.timer = setTimeout(() => {
        if (this.flying === item) this.flying = null;
        this.pump();
      }, retryMs);
      return;
    }
    this.fail(item, code);
  }

  fail(item, code) {
    item.failed = code || "failed";
    this.onChange(item);
    this.landed(item);
  }

  retry(item) {
    delete item.failed;
    this.onChange(item);
    this.remember();
    this.pump();
  }

  discard(item) {
    this.items = this.items.filter((one) => one !== item);
    this.landed(item);
  }

  landed(item) {
    if (this.flying === item) {
      clearTimeout(this.timer);
      this.flying = null;
    }
    this.remember();
    this.pump();
  }

  forget() {
    this.items = [];
    sessionStorage.removeItem(KEEP);
  }
}
