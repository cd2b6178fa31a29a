// Pieces of a message. Every text goes in as text, never as markup.

import { label, locale } from "./labels.js";

const MANY = 6; // more choices than this stand in a list
const SEARCHABLE = 13;
const FRESH_MS = 13 * 60_000; // addresses of files live a little longer than this

export function make(tag, className = "", text = "") {
  const node = document.createElement(tag);
  if (className) node.className = className;
  if (text) node.textContent = text;
  return node;
}

export function icon(name) {
  const space = "http://www.w3.org/2000/svg";
  const svg = document.createElementNS(space, "svg");
  const use = document.createElementNS(space, "use");
  svg.setAttribute("aria-hidden", "true");
  use.setAttribute("href", `#i-${name}`);
  svg.append(use);
  return svg;
}

// Joiners stay, Indic letters need them; marks that turn the reading direction are shown as what they are: a trick.
export const visible = (text) => text.replace(/[\u202a-\u202e\u2066-\u2069]/g, "\ufffd");

export function tongue(text) {
  const count = (pattern) => (text.match(pattern) ?? []).length;
  const bangla = count(/[\u0980-\u09ff]/g);
  const hindi = count(/[\u0900-\u0963\u0966-\u097f]/g);
  if (bangla || hindi) return bangla >= hindi ? "bn" : "hi";
  return /[a-z]/i.test(text) ? "en" : "";
}

export function speakable(node, text) {
  const language = tongue(text);
  if (language) node.lang = language;
  node.dir = "auto";
  return node;
}

// A number that must be read out on the telephone does not break in the middle.
const WHOLE = /(\+?[A-Z0-9]+(?:-[A-Z0-9]+)+|\+?\d[\d,.]{5,})/;

export function bubble(text) {
  const node = speakable(make("p", "bubble"), text);
  node.append(...visible(text).split(WHOLE).map((piece, place) => (place % 2 ? make("span", "whole", piece) : piece)));
  return node;
}

// "রাত ৯:৩০", "शाम 6:15" where a language names the parts of the day, else as its locale writes it.
export function clockTime(date) {
  const parts = label("day_parts").split(",").map((item) => item.trim().split(" "));
  const name = parts.filter(([hour]) => hour && Number(hour) <= date.getHours()).pop()?.[1];
  const form = new Intl.DateTimeFormat(locale(), { hour: "numeric", minute: "2-digit", hour12: true });
  if (!name) return form.format(date);
  const plain = form.formatToParts(date).filter(({ type }) => ["hour", "minute"].includes(type));
  return `${name} ${plain.map(({ value }) => value).join(":")}`;
}

export function size(bytes) {
  bytes = Math.max(bytes, 1000);
  const [value, unit] = bytes < 1_000_000 ? [bytes / 1000, "kilobyte"] : [bytes / 1_000_000, "megabyte"];
  const digits = value < 10 ? 1 : 0;
  return new Intl.NumberFormat(locale(), { style: "unit", unit, unitDisplay: "short", maximumFractionDigits: digits }).format(value);
}

export function choices(list, onPick) {
  const rows = list.length > MANY || list.some((one) => one.description);
  const group = make("div", rows ? "choices rows" : "choices");
  group.setAttribute("role", "group");
  group.setAttribute("aria-label", label("choices"));
  const place = rows ? make("div", "list") : group;
  const buttons = list.map((one) => {
    const button = speakable(make("button", "choice", visible(one.title)), one.title);
    button.type = "button";
    if (one.description) button.append(make("small", "", visible(one.description)));
    button.onclick = () => {
      button.classList.add("chosen");
      button.setAttribute("aria-label", `${one.title}, ${label("chosen")}`);
      onPick(one);
    };
    return button;
  });
  place.append(...buttons);
  if (list.length > SEARCHABLE) group.append(search(buttons, list));
  if (place !== group) group.append(place);
  return group;
}

function search(buttons, list) {
  const field = make("input", "search");
  field.type = "search";
  field.placeholder = label("search");
  field.setAttribute("aria-label", label("search"));
  const plain = (text) => text.normalize("NFKC").toLocaleLowerCase();
  field.oninput = () => {
    const wanted = plain(field.value.trim());
    buttons.forEach((button, place) => {
      button.hidden = !plain(`${list[place].title} ${list[place].description ?? ""}`).includes(wanted);
    });
  };
  return field;
}

// `renew()` gives the address again once this one may be too old.
export function file(item, renew, onGone) {
  const born = performance.now();
  if (/^image\/(png|jpeg|webp)$/.test(item.mime)) {
    const picture = make("img", "picture");
    picture.src = item.url;
    picture.alt = item.name;
    picture.decoding = "async";
    return picture;
  }
  const link = make("a", "document");
  link.href = item.url;
  link.download = item.name;
  const sheet = make("span", "sheet");
  sheet.append(icon("file"));
  const words = make("span");
  const kind = item.mime === "application/pdf" ? "PDF" : "";
  words.append(make("b", "", visible(item.name)), make("small", "", [kind, item.size ? size(item.size) : ""].filter(Boolean).join(" · ")));
  const get = make("span", "get");
  get.append(icon("down"));
  link.append(sheet, words, get);
  link.setAttribute("aria-label", `${label("download")}: ${item.name}`);
  link.onclick = async (event) => {
    if (performance.now() - born < FRESH_MS) return;
    event.preventDefault();
    try {
      const again = make("a");
      again.href = await renew();
      again.download = item.name;
      again.click();
    } catch {
      onGone();
    }
  };
  return link;
}

export function call({ label: words, number }) {
  const link = make("a", "action");
  link.href = `tel:${number.replace(/[^\d+*#]/g, "")}`;
  const text = make("span", "", words || label("call"));
  if (!(words ?? "").includes(number)) text.append(" ", make("bdi", "", number));
  link.append(icon("phone"), text);
  return link;
}

// Only http(s), with the real host in sight (a twin in foreign letters shows as xn--), and a word before leaving.
export function outside({ label: words, url }, ask) {
  let address;
  try {
    address = new URL(url);
  } catch {
    return null;
  }
  if (!/^https?:$/.test(address.protocol)) return null;
  const link = make("a", "action plain");
  link.href = address.href;
  link.target = "_blank";
  link.rel = "noopener noreferrer nofollow";
  const text = make("span", "", visible(words || address.host));
  text.append(make("small", "", address.host));
  link.append(icon("out"), text);
  link.onclick = async (event) => {
    event.preventDefault();
    const sure = await ask(label("link_title"), label("link_text", { host: address.host }), label("link_yes"));
    if (sure) window.open(address.href, "_blank", "noopener,noreferrer");
  };
  return link;
}

export function spot({ lat, lon, label: words }) {
  const node = make("p", "bubble spot");
  const number = new Intl.NumberFormat("en", { minimumFractionDigits: 5, maximumFractionDigits: 5 });
  node.append(icon("place"), make("span", "", words || `${label("place")} ${number.format(lat)}, ${number.format(lon)}`));
  return node;
}

export function askPlace(onShare) {
  const node = make("div", "choices place-ask");
  if (window.isSecureContext && navigator.geolocation) {
    const button = make("button", "action");
    button.type = "button";
    button.append(icon("place"), make("span", "", label("share_place")));
    button.onclick = () => onShare(button);
    node.append(button);
  }
  node.append(make("p", "fine", label("or_type")));
  return node;
}
