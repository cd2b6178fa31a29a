// The line to the server: a WebSocket, and long polling where none gets through. Frames: docs/web-chat.md.

const HELLO_MS = 12_000;
const PING_MS = 25_000;
const PONG_MS = 10_000;
const FIRST_WAIT_MS = 1_000;
const LONGEST_WAIT_MS = 30_000;
const RENEW_MS = 60_000; // a token is renewed so long before its end
const NO_SESSION = 4401;
const FAILED_SOCKETS = 3; // in a row, before long polling takes over
const SOCKET_AGAIN_MS = 300_000;

const pause = (ms) => new Promise((done) => setTimeout(done, ms));

export class Connection {
  // `onFrame(frame)` gets every frame; `onState("connecting" | "online" | "retrying" | "offline")`.
  constructor(lastSeq, onFrame, onState) {
    this.lastSeq = lastSeq;
    this.onFrame = onFrame;
    this.onState = onState;
    this.state = "";
    this.tries = 0;
    this.failedSockets = 0;
    this.socket = null;
    this.polling = null;
    this.session = null;
    this.timer = 0;
    window.addEventListener("online", () => this.hurry());
    window.addEventListener("offline", () => this.lost());
    document.addEventListener("visibilitychange", () => document.visibilityState === "visible" && this.hurry());
  }

  start() {
    this.set("connecting");
    this.connect();
  }

  get open() {
    return this.state === "online";
  }

  set(state) {
    if (state === this.state) return;
    this.state = state;
    this.onState(state);
  }

  // A socket takes a frame at once; by poll the answer comes back as frames. False when it could not leave.
  send(frame) {
    if (!this.open) return false;
    if (this.socket) {
      this.socket.send(JSON.stringify(frame));
      return true;
    }
    if (frame.t !== "typing") this.post(frame);
    return true;
  }

  async connect() {
    clearTimeout(this.timer);
    if (this.busy || this.open) return;
    this.busy = true;
    try {
      await this.begin();
      if (this.failedSockets < FAILED_SOCKETS) this.openSocket();
      else this.poll();
    } catch {
      this.busy = false;
      this.again();
    }
  }

  async begin() {
    if (this.session && performance.now() < this.session.until) return;
    const answer = await fetch("/chat/session", { method: "POST", headers: { Accept: "application/json" } });
    if (!answer.ok) throw new Error(`session ${answer.status}`);
    const given = await answer.json();
    this.session = { ...given, until: performance.now() + given.expires_in * 1000 - RENEW_MS };
  }

  openSocket() {
    const scheme = location.protocol === "https:" ? "wss" : "ws";
    let socket;
    let welcomed = false;
    try {
      socket = new WebSocket(`${scheme}://${location.host}/chat/ws`);
    } catch {
      this.failedSockets = FAILED_SOCKETS;
      throw new Error("no sockets here");
    }
    const late = setTimeout(() => socket.close(), HELLO_MS);
    this.candidate = socket;
    socket.onopen = () => {
      const { token, session } = this.session;
      socket.send(JSON.stringify({ t: "hello", v: 1, token, session, last_seq: this.lastSeq() }));
    };
    socket.onmessage = ({ data }) => {
      const frame = JSON.parse(data);
      if (frame.t === "welcome") {
        welcomed = true;
        clearTimeout(late);
        this.socket = socket;
        this.failedSockets = 0;
        this.keepAlive(socket);
      }
      if (frame.t === "pong") this.ponged = true;
      else this.take(frame);
    };
    socket.onclose = ({ code }) => {
      clearTimeout(late);
      clearInterval(this.pinger);
      if (this.candidate !== socket) return;
      this.candidate = this.socket = null;
      this.busy = false;
      if (code === NO_SESSION) this.session = null;
      if (!welcomed && code !== NO_SESSION && navigator.onLine) this.failedSockets += 1;
      this.again();
    };
  }

  take(frame) {
    if (frame.t === "welcome") {
      this.tries = 0;
      this.busy = false;
    }
    this.onFrame(frame);
    if (frame.t === "welcome") this.set("online");
  }

  keepAlive(socket) {
    clearInterval(this.pinger);
    this.pinger = setInterval(async () => {
      this.ponged = false;
      socket.send('{"t":"ping"}');
      await pause(PONG_MS);
      if (!this.ponged && this.socket === socket) this.restart();
    }, PING_MS);
  }

  // Leave a line that does not answer; its own close event may come much later.
  restart() {
    const old = this.candidate;
    this.candidate = this.socket = null;
    this.polling?.abort();
    this.polling = null;
    clearInterval(this.pinger);
    old?.close();
    this.busy = false;
    this.again();
  }

  lost() {
    if (!this.open && !this.busy) return this.set("offline");
    this.restart();
  }

  // Something changed for the better: do not wait for the next try, and do not trust a line that slept.
  hurry() {
    if (this.open) {
      if (this.socket && this.socket.readyState !== WebSocket.OPEN) this.restart();
      return;
    }
    this.tries = 0;
    this.connect();
  }

  again() {
    this.set(navigator.onLine ? "retrying" : "offline");
    const wait = Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** this.tries++) * (0.5 + Math.random() / 2);
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.connect(), wait);
  }

  async poll() {
    const polling = (this.polling = new AbortController());
    const socketsAgain = performance.now() + SOCKET_AGAIN_MS;
    try {
      let patience = 0;
      while (this.polling === polling) {
        const answer = await fetch(`/chat/poll?after=${this.lastSeq()}&wait=${patience}`, { signal: polling.signal });
        if (answer.status === 401) this.session = null;
        if (!answer.ok) throw new Error(`poll ${answer.status}`);
        const { frames } = await answer.json();
        if (this.polling !== polling) return;
        // An unchanged welcome is news only at the start.
        for (const frame of frames) if (frame.t !== "welcome" || patience === 0) this.take(frame);
        patience = 25;
        if (performance.now() > socketsAgain) {
          this.failedSockets = 0;
          this.polling = null;
          this.state = "";
          this.connect();
          return;
        }
      }
    } catch {
      if (this.polling === polling) this.restart();
    }
  }

  async post(frame) {
    try {
      const answer = await fetch("/chat/send", { method: "POST", body: JSON.stringify(frame) });
      const { frames } = await answer.json();
      for (const item of frames) this.onFrame(item);
    } catch {
      if (this.open) this.restart();
    }
  }
}
