// The page's own words, one file a language. What the bot says comes from the server and is never touched here.

const root = document.documentElement;
const base = `/chat/app/${root.dataset.version}`;
let words = {};

export const language = () => root.lang;
export const locale = () => ({ bn: "bn-BD", hi: "hi-IN", en: "en-IN" })[root.lang] ?? root.lang;
export const languages = () => root.dataset.languages.split(" ");

export function label(name, values = {}) {
  return (words[name] ?? "").replace(/\{(\w+)\}/g, (whole, key) => values[key] ?? whole);
}

export async function load(wanted = root.lang) {
  const answer = await fetch(`${base}/labels/${encodeURIComponent(wanted)}.json`);
  if (!answer.ok) throw new Error("no such language");
  words = await answer.json();
}

export async function change(wanted) {
  await load(wanted);
  root.lang = wanted;
  document.cookie = `sathi_lang=${wanted}; path=/; max-age=31536000; samesite=lax${location.protocol === "https:" ? "; secure" : ""}`;
  apply();
}

export function apply(within = document) {
  for (const node of within.querySelectorAll("[data-label]")) node.textContent = label(node.dataset.label);
  for (const node of within.querySelectorAll("[data-label-aria]")) node.setAttribute("aria-label", label(node.dataset.labelAria));
  for (const node of within.querySelectorAll("[data-label-placeholder]")) node.placeholder = label(node.dataset.labelPlaceholder);
}

// A name a reader of that language knows: বাংলা, हिन्दी, English.
export function nameOf(code) {
  try {
    return new Intl.DisplayNames([code], { type: "language" }).of(code);
  } catch {
    return code;
  }
}
