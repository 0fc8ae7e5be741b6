// Rates of llama.cpp (npm node-llama-cpp, CPU), asked line by line on standard input.
// usage: node llama.mjs FOLDER_WITH_NODE_MODULES MODEL_GGUF THREADS
import path from "path";
import readline from "readline";
import { createRequire } from "module";
import { pathToFileURL } from "url";

const [, , folder, model, threads] = process.argv;
const require = createRequire(path.resolve(folder, "package.json"));
const { getLlama, LlamaLogLevel } = await import(pathToFileURL(require.resolve("node-llama-cpp")).href);
const llama = await getLlama({ gpu: false, build: "never", maxThreads: +threads, logLevel: LlamaLogLevel.error });
const loaded = await llama.loadModel({ modelPath: model, useMmap: true });
const context = await loaded.createContext({ contextSize: 1024, batchSize: 512, threads: { ideal: +threads, min: +threads }, sequences: 1 });
const sequence = context.getSequence();
const tokens = n => Array.from({ length: n }, (_, i) => 10 + (i * 7919) % 200);
const seconds = start => ((performance.now() - start) / 1e3).toString();

async function prompt(n) {
  await sequence.clearHistory();
  const start = performance.now();
  await sequence.evaluateWithoutGeneratingNewTokens(tokens(n));
  return seconds(start);
}

async function decode(n) {
  await sequence.clearHistory();
  let count = 0, start = 0;
  for await (const _ of sequence.evaluate(tokens(16), { temperature: 0, yieldEogToken: true })) {
    if (count === 0) start = performance.now();
    if (count++ === n) break;
  }
  return seconds(start);
}

console.log("ready");
for await (const line of readline.createInterface({ input: process.stdin })) {
  const [what, n] = line.trim().split(" ");
  if (what === "prompt") console.log(await prompt(+n));
  else if (what === "decode") console.log(await decode(+n));
  else break;
}
process.exit(0);
