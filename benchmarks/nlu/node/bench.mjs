// nlp.js on the same sentences: one manager, each sentence under its language, the language guessed by nlp.js itself.
import { readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";

const { NlpManager } = createRequire(import.meta.url)("node-nlp");
const [data, out] = process.argv.slice(2);
const { training, test } = JSON.parse(readFileSync(data, "utf8"));

const languages = { bn: "bn", "bn-Latn": "en", en: "en", hi: "hi", "hi-Latn": "en" };
const manager = new NlpManager({ languages: ["en", "bn", "hi"], forceNER: false, nlu: { log: false }, autoSave: false });
for (const [form, label, text] of training) manager.addDocument(languages[form], text, label);

let began = performance.now();
await manager.train();
const trainSeconds = (performance.now() - began) / 1000;

const script = (text) => (/[\u0980-\u09ff]/.test(text) ? "bn" : /[\u0900-\u097f]/.test(text) ? "hi" : "en");
const predictions = [];
const milliseconds = [];
for (const text of test.slice(0, 20)) await manager.process(script(text), text);
for (const text of test) {
  began = performance.now();
  const found = await manager.process(script(text), text);
  milliseconds.push(performance.now() - began);
  predictions.push([found.intent ?? "None", found.score ?? 0]);
}
const memory = process.resourceUsage().maxRSS / 1024;
writeFileSync(out, JSON.stringify({ train_seconds: trainSeconds, memory_mb: memory, predictions, milliseconds }));
