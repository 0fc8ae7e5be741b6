// Rates of the npm packages tiktoken and tokenizers on one corpus, and the digest of their ids.
// usage: node tokenizers.mjs FOLDER_WITH_NODE_MODULES ENCODING TOKENIZER_JSON CORPUS DOCUMENT_BYTES SECONDS
import fs from "fs";
import path from "path";
import { createHash } from "crypto";
import { createRequire } from "module";

const [, , folder, encoding, tokenizerJson, corpus, documentBytes, seconds] = process.argv;
const require = createRequire(path.resolve(folder, "package.json"));
const bytes = fs.readFileSync(corpus);

// The same documents as the benchmark's own: cut at the last line end within the limit, never within a character.
const documents = [];
for (let at = 0; at < bytes.length;) {
  let end = Math.min(bytes.length, at + +documentBytes);
  if (end < bytes.length) {
    const line = bytes.lastIndexOf(10, end - 1);
    if (line >= at) end = line + 1;
    else while (end > at + 1 && (bytes[end] & 0xc0) === 0x80) end--;
  }
  documents.push(bytes.toString("utf8", at, end));
  at = end;
}

async function measure(peer, encode, count) {
  const hash = createHash("sha256");
  let tokens = 0;
  for (const document of documents) {
    const ids = Int32Array.from(await encode(document));
    tokens += ids.length;
    hash.update(Buffer.from(ids.buffer));
  }
  const rates = [];
  const until = performance.now() + 1000 * +seconds;
  do {
    const start = performance.now();
    for (const document of documents) await count(document);
    rates.push(bytes.length / 1e3 / (performance.now() - start));
  } while (performance.now() < until);
  rates.sort((a, b) => a - b);
  const version = require(path.resolve(folder, "node_modules", peer, "package.json")).version;
  console.log(JSON.stringify({ peer: `${peer} ${version} (npm)`, median: rates[rates.length >> 1], best: rates[rates.length - 1], tokens, ids: hash.digest("hex") }));
}

const { get_encoding } = require("tiktoken");
const tiktoken = get_encoding(encoding);
await measure("tiktoken", text => tiktoken.encode_ordinary(text), text => tiktoken.encode_ordinary(text));
if (tokenizerJson !== "-") {
  const { Tokenizer } = require("tokenizers");
  const tokenizer = Tokenizer.fromFile(tokenizerJson);
  const encode = text => tokenizer.encode(text, null, { addSpecialTokens: false });
  await measure("tokenizers", async text => (await encode(text)).getIds(), async text => (await encode(text)).getLength());
}
process.exit(0);
