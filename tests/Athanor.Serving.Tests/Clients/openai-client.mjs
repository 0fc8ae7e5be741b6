// The official client of npm against a server: node openai-client.mjs BASE_URL, with the package in NODE_MODULES.
import { createRequire } from 'node:module';
import assert from 'node:assert/strict';
import path from 'node:path';

const require = createRequire(path.join(process.env.NODE_MODULES, 'x.js'));
const { default: OpenAI } = require('openai');
const client = new OpenAI({ baseURL: process.argv[2], apiKey: 'npm-test-key', maxRetries: 0 });
const model = 'scripted', messages = [{ role: 'user', content: 'héllo' }];

// Chat, whole and streamed.
const whole = await client.chat.completions.create({ model, messages, n: 2, seed: 4, logprobs: true, top_logprobs: 2 });
assert.equal(whole.choices.length, 2);
assert.equal(whole.choices[0].finish_reason, 'stop');
const texts = ['', ''], reasons = [null, null];
let usage = null, tokens = 0;
for await (const chunk of await client.chat.completions.create({ model, messages, n: 2, seed: 4, logprobs: true, stream: true, stream_options: { include_usage: true } })) {
  for (const choice of chunk.choices) {
    texts[choice.index] += choice.delta.content ?? '';
    reasons[choice.index] = choice.finish_reason ?? reasons[choice.index];
    tokens += choice.logprobs?.content?.length ?? 0;
  }
  usage = chunk.usage ?? usage;
}
assert.deepEqual(texts, whole.choices.map(choice => choice.message.content));
assert.deepEqual(reasons, ['stop', 'stop']);
assert.deepEqual(usage, whole.usage);
assert.equal(tokens, whole.usage.completion_tokens);

// The client's own way of putting a stream together.
const stream = client.chat.completions.stream({ model, messages, seed: 4 });
assert.equal(await stream.finalContent(), whole.choices[0].message.content);

// Tools, whole and streamed.
const tools = [{ type: 'function', function: { name: 'weather', parameters: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] } } }];
const ask = [{ role: 'user', content: 'CALL' }];
const called = await client.chat.completions.create({ model, messages: ask, tools });
assert.equal(called.choices[0].finish_reason, 'tool_calls');
assert.deepEqual(JSON.parse(called.choices[0].message.tool_calls[0].function.arguments), { city: 'Zürich' });
const streamed = await client.chat.completions.stream({ model, messages: ask, tools }).finalChatCompletion();
assert.equal(streamed.choices[0].finish_reason, 'tool_calls');
assert.deepEqual(streamed.choices[0].message.tool_calls[0].function.arguments, called.choices[0].message.tool_calls[0].function.arguments);

// JSON of a schema.
const schema = { type: 'object', properties: { ok: { type: 'boolean' } }, required: ['ok'], additionalProperties: false };
const formatted = await client.chat.completions.create({ model, messages, response_format: { type: 'json_schema', json_schema: { name: 'answer', strict: true, schema } } });
assert.equal(typeof JSON.parse(formatted.choices[0].message.content).ok, 'boolean');

// Completions, whole and streamed, with the prompt's scores.
const text = await client.completions.create({ model, prompt: ['a', 'b'], echo: true, logprobs: 1, max_tokens: 4 });
assert.equal(text.choices.length, 2);
assert.equal(text.choices[1].logprobs.token_logprobs[0], null);
const parts = ['', ''];
for await (const chunk of await client.completions.create({ model, prompt: ['a', 'b'], echo: true, max_tokens: 4, stream: true }))
  for (const choice of chunk.choices) parts[choice.index] += choice.text;
assert.deepEqual(parts, text.choices.map(choice => choice.text));

// Embeddings: the client asks for Base64 by itself and decodes it.
const vectors = await client.embeddings.create({ model, input: ['one', 'two'] });
const plain = await client.embeddings.create({ model, input: ['one', 'two'], encoding_format: 'float' });
assert.deepEqual(vectors.data.map(one => Array.from(one.embedding)), plain.data.map(one => one.embedding.map(Math.fround)));

// Models and errors.
assert.deepEqual((await client.models.list()).data.map(one => one.id), [model]);
assert.equal((await client.models.retrieve(model)).object, 'model');
await assert.rejects(client.chat.completions.create({ model: 'none', messages }), error => error instanceof OpenAI.NotFoundError && error.code === 'model_not_found');
await assert.rejects(client.chat.completions.create({ model, messages, temperature: -1 }), error => error instanceof OpenAI.BadRequestError && error.param === 'temperature');
await assert.rejects(new OpenAI({ baseURL: process.argv[2], apiKey: 'wrong-key', maxRetries: 0 }).models.list(), OpenAI.AuthenticationError);

// Leaving a stream.
const left = await client.chat.completions.create({ model, messages: [{ role: 'user', content: 'LONG' }], stream: true });
for await (const chunk of left) { left.controller.abort(); break; }
console.log('all is well');
