// Where the customer writes, and adds photos, papers and the place.

import { label } from "./labels.js";
import { icon, make } from "./parts.js";

const MAX_FILES = 5;
const MAX_IMAGE = 5 << 20;
const MAX_PDF = 25 << 20;
const LONGEST_SIDE = 1600;
const TYPING_MS = 5_000;
const PLACE_MS = 15_000;
const get = (id) => document.getElementById(id);

// A menu that a button opens: Escape and a tap elsewhere close it, the focus goes back.
export function menu(button, list) {
  const show = (open) => {
    list.hidden = !open;
    button.setAttribute("aria-expanded", String(open));
    if (open) list.querySelector("button:not([hidden])")?.focus({ preventScroll: true });
  };
  button.addEventListener("click", () => show(list.hidden));
  list.addEventListener("click", (event) => event.target.closest("button") && show(false));
  document.addEventListener("pointerdown", (event) => {
    if (!list.hidden && !list.contains(event.target) && !button.contains(event.target)) show(false);
  });
  for (const node of [button, list]) {
    node.addEventListener("keydown", (event) => {
      if (event.key !== "Escape" || list.hidden) return;
      show(false);
      button.focus();
    });
  }
}

export class Composer {
  // `say(text, files)`, `place({lat, lon})`, `typing()`
  constructor({ say, place, typing }) {
    Object.assign(this, { say, place, typing });
    this.words = get("words");
    this.files = [];
    this.typedAt = 0;
    menu(get("add"), get("additions"));
    get("composer").addEventListener("submit", (event) => {
      event.preventDefault();
      this.submit();
    });
    this.words.addEventListener("keydown", (event) => {
      const finger = window.matchMedia("(pointer: coarse)").matches;
      if (event.key === "Enter" && !event.shiftKey && !event.isComposing && !finger) {
        event.preventDefault();
        this.submit();
      }
    });
    this.words.addEventListener("input", () => {
      this.fit();
      this.notice("");
      if (performance.now() - this.typedAt > TYPING_MS) {
        this.typedAt = performance.now();
        this.typing();
      }
    });
    this.words.addEventListener("paste", (event) => {
      const files = [...(event.clipboardData?.files ?? [])];
      if (!files.length) return;
      event.preventDefault();
      this.take(files);
    });
    get("add-file").onclick = () => get("file").click();
    get("file").onchange = () => {
      this.take([...get("file").files]);
      get("file").value = "";
    };
    get("add-place").onclick = () => this.find();
  }

  fit() {
    if (CSS.supports("field-sizing", "content")) return;
    this.words.rows = Math.min(5, this.words.value.split("\n").length);
  }

  notice(name) {
    get("notice").hidden = !name;
    get("notice").textContent = name ? label(name) : "";
  }

  submit() {
    const text = this.words.value.trim();
    if (!text && !this.files.length) return this.words.focus();
    this.say(text, this.files);
    this.files = [];
    this.words.value = "";
    this.typedAt = 0;
    this.fit();
    this.tray();
    this.notice("");
    this.words.focus();
  }

  async take(files) {
    this.notice("");
    for (const chosen of files) {
      if (this.files.length >= MAX_FILES) return this.notice("files_many");
      const kind = chosen.type;
      if (!/^(image\/(jpeg|png|webp)|application\/pdf)$/.test(kind)) {
        this.notice("file_type");
        continue;
      }
      const blob = kind === "application/pdf" ? chosen : await smaller(chosen);
      if (blob.size > (kind === "application/pdf" ? MAX_PDF : MAX_IMAGE)) {
        this.notice("file_large");
        continue;
      }
      const picture = kind === "application/pdf" ? "" : URL.createObjectURL(blob);
      this.files.push({ blob, name: chosen.name || "photo", picture });
    }
    this.tray();
    this.words.focus();
  }

  tray() {
    const nodes = this.files.map((file) => {
      const held = make("div", "held");
      if (file.picture) {
        const picture = make("img");
        picture.src = file.picture;
        picture.alt = "";
        held.append(picture);
      } else held.append(icon("file"));
      const away = make("button");
      away.type = "button";
      away.setAttribute("aria-label", `${label("remove")}: ${file.name}`);
      away.append(icon("close"));
      away.onclick = () => {
        this.files = this.files.filter((one) => one !== file);
        this.tray();
        this.words.focus();
      };
      held.append(make("span", "", file.name), away);
      return held;
    });
    get("tray").replaceChildren(...nodes);
    get("tray").hidden = !nodes.length;
  }

  find(button = null) {
    if (!window.isSecureContext || !navigator.geolocation) return this.notice("place_denied");
    if (button) button.disabled = true;
    this.notice("place_waiting");
    navigator.geolocation.getCurrentPosition(
      ({ coords }) => {
        this.notice("");
        if (button) button.disabled = false;
        this.place({ lat: coords.latitude, lon: coords.longitude });
      },
      () => {
        if (button) button.disabled = false;
        this.notice("place_denied");
        this.words.focus();
      },
      { enableHighAccuracy: true, timeout: PLACE_MS, maximumAge: 60_000 },
    );
  }
}

// A photo of a phone is ten times what a clerk needs to see; on a slow line that is minutes. It also loses its position.
async function smaller(file) {
  try {
    const picture = await createImageBitmap(file, { imageOrientation: "from-image" });
    const share = Math.min(1, LONGEST_SIDE / Math.max(picture.width, picture.height));
    if (share === 1 && file.size < 400_000) return file;
    const canvas = document.createElement("canvas");
    canvas.width = Math.round(picture.width * share);
    canvas.height = Math.round(picture.height * share);
    canvas.getContext("2d").drawImage(picture, 0, 0, canvas.width, canvas.height);
    const blob = await new Promise((done) => canvas.toBlob(done, "image/jpeg", 0.82));
    return blob && blob.size < file.size ? blob : file;
  } catch {
    return file;
  }
}
