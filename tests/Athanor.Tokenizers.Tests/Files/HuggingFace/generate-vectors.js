// Writes Vectors/*.json: small tokenizers, each with what Hugging Face tokenizers 0.23.2 makes of hard texts.
// Run where `npm install tokenizers@0.23.2` was done: node generate-vectors.js OUTPUT_FOLDER
const fs = require('fs');
const path = require('path');
const { Tokenizer } = require(require.resolve('tokenizers', { paths: [process.cwd()] }));

const bytesToChars = (() => {
  const map = [];
  let next = 256;
  for (let b = 0; b < 256; b++)
    map.push(String.fromCodePoint((b >= 33 && b <= 126) || (b >= 161 && b <= 172) || b >= 174 ? b : next++));
  return map;
})();

const byId = tokens => Object.fromEntries(tokens.map((t, i) => [t, i]));

function byteLevel(extra = {}) {
  const merges = ['Ġ t', 'h e', 'Ġt he', 'i n', 'Ġ a', 'e r', 'l l', 'Ġ Ġ', 'Ċ Ċ', 'Ã ©', 'Ġ Ð', 'Ð ¿', "' s", '1 2', '12 3', 'ðŁ ĺ', 'ð Ł', 'a b', 'ab c', 'b c', 'Ġa n', 'Ġan d', 'n d'];
  const tokens = [...bytesToChars];
  const known = [];
  for (const m of merges) { const [l, r] = m.split(' '); if (!tokens.includes(l) || !tokens.includes(r)) continue; known.push(m); if (!tokens.includes(l + r)) tokens.push(l + r); }
  return { type: 'BPE', dropout: null, unk_token: null, continuing_subword_prefix: null, end_of_word_suffix: null, fuse_unk: false, byte_fallback: false, ignore_merges: false, vocab: byId(tokens), merges: known.map(m => m.split(' ')), ...extra };
}
function characters(extra = {}) {
  const merges = ['▁ t', 'h e', '▁t he', 'i n', '▁ a', 'e r', 'l l', '▁ ▁', '▁a n', '▁an d', 'o r', '▁ w'];
  const tokens = ['<unk>', '<s>', '</s>'];
  for (let b = 0; b < 256; b++) tokens.push('<0x' + b.toString(16).toUpperCase().padStart(2, '0') + '>');
  tokens.push('▁', ...'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.,!?\'', 'é', '好', '\n');
  for (const m of merges) tokens.push(m.replace(' ', ''));
  return { type: 'BPE', dropout: null, unk_token: '<unk>', continuing_subword_prefix: null, end_of_word_suffix: null, fuse_unk: true, byte_fallback: true, ignore_merges: false, vocab: byId(tokens), merges: merges.map(m => m.split(' ')), ...extra };
}
const wordLevel = () => ({ type: 'WordLevel', vocab: byId(['[UNK]', 'the', 'quick', 'Hello', 'world', ',', '!', 'a', 'b', '▁the', '▁Hello', '123', "'", 's', 'hello', '.']), unk_token: '[UNK]' });
const wordPiece = () => ({ type: 'WordPiece', unk_token: '[UNK]', continuing_subword_prefix: '##', max_input_chars_per_word: 20, vocab: byId(['[PAD]', '[UNK]', '[CLS]', '[SEP]', '[MASK]', ...'abcdefghijklmnopqrstuvwxyz0123456789.,!?\'-"', ...[...'abcdefghijklmnopqrstuvwxyz0123456789'].map(c => '##' + c), 'the', '##ing', 'hello', 'world', '##er', 'do', "n", 'not', '你', '好', 'п', '##р']) });
const unigram = () => ({ type: 'Unigram', unk_id: 0, byte_fallback: false, vocab: [['<unk>', 0], ['<s>', 0], ['</s>', 0], ['▁', -2], ['▁the', -3], ['▁a', -3.5], ['the', -5], ['er', -4], ['in', -4.2], ['ing', -4.1], ['▁hello', -6], ['lo', -5.5], ...[...'abcdefghijklmnopqrstuvwxyzHT.,!?\'1234567890'].map((c, i) => [c, -7 - i / 10]), ['é', -9], ['好', -9.5]] });

const added = (list) => list.map(([id, content, flags = '']) => ({ id, content, single_word: flags.includes('w'), lstrip: flags.includes('l'), rstrip: flags.includes('r'), normalized: flags.includes('n'), special: flags.includes('s') }));
const split = (pattern, behavior, invert = false) => ({ type: 'Split', pattern: typeof pattern === 'string' ? { String: pattern } : { Regex: pattern.source }, behavior, invert });
const bl = (add_prefix_space = false, use_regex = true, trim_offsets = true) => ({ type: 'ByteLevel', add_prefix_space, trim_offsets, use_regex });
const meta = (prepend_scheme = 'always', s = true) => ({ type: 'Metaspace', replacement: '▁', prepend_scheme, split: s });
const seq = (name, list) => ({ type: 'Sequence', [name]: list });
// as text, for JavaScript has no (?i:
const cl100kSource = { source: "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}{1,3}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+" };
const template = (single, pair, tokens) => ({ type: 'TemplateProcessing', single, pair, special_tokens: tokens });
const S = (id, type_id = 0) => ({ SpecialToken: { id, type_id } }), Q = (id, type_id = 0) => ({ Sequence: { id, type_id } });
const llamaDecoder = seq('decoders', [{ type: 'Replace', pattern: { String: '▁' }, content: ' ' }, { type: 'ByteFallback' }, { type: 'Fuse' }, { type: 'Strip', content: ' ', start: 1, stop: 0 }]);

const texts = ['x\u0301 n\u0303 👩‍💻\u0301 e\u0301\u0301 각 ᄀ\r\r\n',  '', ' ', 'the', 'Hello, the world!', '  two  spaces and\n\nlines\t tab ', "It's the end, isn't it? DON'T do not 123 45678", 'café cafe\u0301 ÀÉ naïve', 'привет 你好 こんにちは 好', '😀👩‍💻 𝕏 ab\u0000c', 'the<s>the</s> <s> x', 'a-b--c (d) [e] "f"', '   ', '\r\n\r\n a\u3000b\u00a0c\u2028d', 'ﬁ ½ Å ㎏ １２', 'x'.repeat(30), '[MASK]the [MASK] a[MASK] [MASK]b  [MASK]  ', 'abc abcabc hello HELLO', 'the\u200bzero \u0001 ctrl \ufeff\ufffd', '▁the ▁▁', "'s 'S 'll don't"];

const configs = {};
// The library gives added tokens ids of its own choice: of the model where it has them, else the next ones.
function number(json) {
  const vocab = Array.isArray(json.model.vocab) ? byId(json.model.vocab.map(entry => entry[0])) : json.model.vocab;
  let next = Object.keys(vocab).length;
  json.added_tokens = json.added_tokens.map(token => ({ ...token }));
  const ids = {};
  for (const token of json.added_tokens) ids[token.content] = token.id = vocab[token.content] ?? next++;
  const fix = part => {
    if (!part) return;
    for (const name of ['sep', 'cls']) if (part[name]) part[name][1] = ids[part[name][0]] ?? vocab[part[name][0]];
    for (const token of Object.values(part.special_tokens ?? {})) token.ids = token.tokens.map(t => ids[t] ?? vocab[t]);
    (part.processors ?? []).forEach(fix);
  };
  fix(json.post_processor);
  return json;
}
const put = (name, model, parts = {}, opts = {}) => configs[name] = { json: number({ version: '1.0', truncation: null, padding: null, added_tokens: [], normalizer: null, pre_tokenizer: null, post_processor: null, decoder: null, ...parts, model }), opts };

// models and whole pipelines
put('gpt2', byteLevel(), { pre_tokenizer: bl(), post_processor: bl(true, true, false), decoder: bl(true) , added_tokens: added([[400, '<s>', 's'], [401, '</s>', 's']])});
put('gpt2-prefix-space', byteLevel(), { pre_tokenizer: bl(true), post_processor: bl(true, true, true), decoder: bl(true) });
put('roberta', byteLevel(), { pre_tokenizer: bl(false), post_processor: { type: 'RobertaProcessing', sep: ['</s>', 401], cls: ['<s>', 400], trim_offsets: true, add_prefix_space: false }, decoder: bl(true), added_tokens: added([[400, '<s>', 's'], [401, '</s>', 's'], [402, '[MASK]', 'sl']]) });
put('llama3', byteLevel({ ignore_merges: true, merges: byteLevel().merges.map(m => m.join(' ')) }), { pre_tokenizer: seq('pretokenizers', [split(cl100kSource, 'Isolated'), bl(false, false)]), post_processor: seq('processors', [bl(true, true, false), template([S('<s>'), Q('A')], [S('<s>'), Q('A'), S('<s>', 1), Q('B', 1)], { '<s>': { id: '<s>', ids: [400], tokens: ['<s>'] } })]), decoder: bl(), added_tokens: added([[400, '<s>', 's'], [401, '</s>', 's']]) });
put('removed-inverted', byteLevel(), { pre_tokenizer: seq('pretokenizers', [split(cl100kSource, 'Removed', true), bl(false, false)]), decoder: bl() });
put('digits-then-bytes', byteLevel(), { pre_tokenizer: seq('pretokenizers', [{ type: 'Digits', individual_digits: true }, bl()]), decoder: bl() });
put('bytes-then-punctuation', byteLevel(), { pre_tokenizer: seq('pretokenizers', [bl(), { type: 'Punctuation', behavior: 'Isolated' }]), decoder: bl() });
put('bytes-in-normalizer', byteLevel(), { normalizer: { type: 'ByteLevel' }, pre_tokenizer: split({ source: 'Ġ?[a-z]+' }, 'Isolated'), decoder: bl() });
put('nfc-bytes', byteLevel(), { normalizer: { type: 'NFC' }, pre_tokenizer: bl(), decoder: bl(), added_tokens: added([[400, 'café', 'n'], [401, '<s>', 's']]) }, { offsets: false });
put('llama2', characters(), { normalizer: seq('normalizers', [{ type: 'Prepend', prepend: '▁' }, { type: 'Replace', pattern: { String: ' ' }, content: '▁' }]), post_processor: template([S('<s>'), Q('A')], [S('<s>'), Q('A'), S('<s>', 1), Q('B', 1)], { '<s>': { id: '<s>', ids: [1], tokens: ['<s>'] } }), decoder: llamaDecoder, added_tokens: added([[0, '<unk>', 's'], [1, '<s>', 's'], [2, '</s>', 's']]) });
put('llama2-metaspace', characters(), { pre_tokenizer: meta('first', false), decoder: llamaDecoder, added_tokens: added([[0, '<unk>', 's'], [1, '<s>', 's'], [2, '</s>', 's']]) });
put('gemma', characters(), { normalizer: { type: 'Replace', pattern: { String: ' ' }, content: '▁' }, pre_tokenizer: split(' ', 'MergedWithPrevious'), decoder: seq('decoders', [{ type: 'Replace', pattern: { String: '▁' }, content: ' ' }, { type: 'ByteFallback' }, { type: 'Fuse' }]), added_tokens: added([[1, '<s>', 's'], [400, '▁▁', 'n'], [401, '\n\n', '']]) });
put('characters-no-fallback', characters({ byte_fallback: false }), { pre_tokenizer: meta('always'), decoder: meta('always') });
put('characters-unfused', characters({ byte_fallback: false, fuse_unk: false }), { pre_tokenizer: meta('never'), decoder: meta('never') });
put('unigram', unigram(), { pre_tokenizer: meta('always'), decoder: meta('always'), post_processor: template([Q('A'), S('</s>')], [Q('A'), S('</s>'), Q('B'), S('</s>')], { '</s>': { id: '</s>', ids: [2], tokens: ['</s>'] } }), added_tokens: added([[1, '<s>', 's'], [2, '</s>', 's']]) });
put('bert', wordPiece(), { normalizer: { type: 'BertNormalizer', clean_text: true, handle_chinese_chars: true, strip_accents: null, lowercase: true }, pre_tokenizer: { type: 'BertPreTokenizer' }, post_processor: { type: 'BertProcessing', sep: ['[SEP]', 3], cls: ['[CLS]', 2] }, decoder: { type: 'WordPiece', prefix: '##', cleanup: true }, added_tokens: added([[0, '[PAD]', 's'], [1, '[UNK]', 's'], [2, '[CLS]', 's'], [3, '[SEP]', 's'], [4, '[MASK]', 's']]) });
put('bert-template', wordPiece(), { normalizer: { type: 'BertNormalizer', clean_text: true, handle_chinese_chars: false, strip_accents: false, lowercase: true }, pre_tokenizer: { type: 'BertPreTokenizer' }, post_processor: template([S('[CLS]'), Q('A'), S('[SEP]')], [S('[CLS]'), Q('A'), S('[SEP]'), Q('B', 1), S('[SEP]', 1)], { '[CLS]': { id: '[CLS]', ids: [2], tokens: ['[CLS]'] }, '[SEP]': { id: '[SEP]', ids: [3], tokens: ['[SEP]'] } }), decoder: { type: 'WordPiece', prefix: '##', cleanup: false } });
// normalizers in front of characters
for (const [name, normalizer, offsets] of [['nfd', { type: 'NFD' }, true], ['nfkc', { type: 'NFKC' }, false], ['nfkd', { type: 'NFKD' }, true], ['lowercase', { type: 'Lowercase' }, true], ['strip', { type: 'Strip', strip_left: true, strip_right: true }, true], ['strip-left', { type: 'Strip', strip_left: true, strip_right: false }, true], ['nmt', { type: 'Nmt' }, true], ['strip-accents', seq('normalizers', [{ type: 'NFD' }, { type: 'StripAccents' }]), true], ['replace-regex', { type: 'Replace', pattern: { Regex: ' {2,}|[\\n\\t]' }, content: '_-' }, false], ['prepend', { type: 'Prepend', prepend: '▁▁x' }, true], ['bert-none', { type: 'BertNormalizer', clean_text: false, handle_chinese_chars: true, strip_accents: null, lowercase: false }, true]])
  put('normalizer-' + name, wordLevel(), { normalizer, pre_tokenizer: { type: 'WhitespaceSplit' } }, { offsets });
put('normalizer-lowercase-bytes', byteLevel(), { normalizer: { type: 'Lowercase' }, pre_tokenizer: bl(), decoder: bl() });
// SentencePiece's compiled rules: a Darts double array from keys to places in a list of texts
function charsMap(rules) {
  const root = { next: new Map() };
  let texts = Buffer.alloc(0);
  for (const [from, to] of Object.entries(rules)) {
    let node = root;
    for (const byte of Buffer.from(from)) { if (!node.next.has(byte)) node.next.set(byte, { next: new Map() }); node = node.next.get(byte); }
    node.value = texts.length;
    texts = Buffer.concat([texts, Buffer.from(to), Buffer.from([0])]);
  }
  const units = new Map([[0, 0]]), queue = [[root, 0, 0]];
  while (queue.length > 0) {
    const [node, at, label] = queue.shift();
    const labels = [...node.next.keys()];
    if (node.value !== undefined) labels.push(0);
    let base = 1;
    while (labels.some(l => units.has(base ^ l)) || (at ^ base) >= 1 << 21) base++;
    units.set(at, ((at ^ base) << 10 | (node.value !== undefined ? 256 : 0) | label) >>> 0);
    for (const l of labels) units.set(base ^ l, 0);
    if (node.value !== undefined) units.set(base, (node.value | 1 << 31) >>> 0);
    for (const [l, child] of node.next) queue.push([child, base ^ l, l]);
  }
  const size = (Math.max(...units.keys()) | 255) + 1, array = Buffer.alloc(4 + 4 * size);
  array.writeUInt32LE(4 * size, 0);
  for (const [at, unit] of units) array.writeUInt32LE(unit, 4 + 4 * at);
  return Buffer.concat([array, texts]).toString('base64');
}
put('normalizer-precompiled', characters(), { normalizer: { type: 'Precompiled', precompiled_charsmap: charsMap({ 'ﬁ': 'fi', 'e\u0301': 'é', '½': '1/2', '\u3000': ' ', '\r\n': ' ', '\t': ' ', '\u0001': '', '１': '1', '２': '2', '👩': 'W', '你': '好', 'é': 'e', 'x': 'y', 'xx': 'z', 'ᄀ': 'g', 'n\u0303': 'ñ' }) }, decoder: llamaDecoder }, { offsets: false });
// pre-tokenizers: unknown words show where the pieces lie
const pre = { whitespace: { type: 'Whitespace' }, 'whitespace-split': { type: 'WhitespaceSplit' }, bert: { type: 'BertPreTokenizer' }, digits: { type: 'Digits', individual_digits: true }, 'digit-runs': { type: 'Digits', individual_digits: false }, delimiter: { type: 'CharDelimiterSplit', delimiter: '-' }, 'fixed-length': { type: 'FixedLength', length: 3 }, 'metaspace-always': meta('always'), 'metaspace-first': meta('first'), 'metaspace-never': meta('never'), 'metaspace-whole': meta('always', false), 'bytes-alphabet': bl(false, false) };
for (const behavior of ['Removed', 'Isolated', 'MergedWithPrevious', 'MergedWithNext', 'Contiguous']) {
  pre['punctuation-' + behavior] = { type: 'Punctuation', behavior };
  pre['split-text-' + behavior] = split('-', behavior);
  pre['split-regex-' + behavior] = split({ source: '\\s+|[aeiou]' }, behavior);
  pre['split-inverted-' + behavior] = split({ source: '\\p{L}+' }, behavior, true);
  pre['split-lookahead-' + behavior] = split({ source: '\\s+(?!\\S)|[a-z](?=b)' }, behavior);
}
for (const [name, p] of Object.entries(pre)) put('pre-' + name, wordLevel(), { pre_tokenizer: p });
put('pre-first-in-sequence', wordLevel(), { normalizer: { type: 'Strip', strip_left: true, strip_right: false }, pre_tokenizer: seq('pretokenizers', [{ type: 'WhitespaceSplit' }, meta('first')]) });
// added tokens and their flags
const flags = added([[100, '<s>', 's'], [101, '[MASK]', 'sl'], [102, '</s>', 'r'], [103, 'the', 'w'], [104, 'hello', 'n'], [105, '▁the', 'n'], [106, 'ab', ''], [107, 'abc', ''], [108, 'HELLO', ''], [109, 'é', 'n'], [110, 'world', 'nw'], [111, '--', 'lr'], [112, 'two  spaces', 'sn']]);
put('added-flags', wordLevel(), { added_tokens: flags, pre_tokenizer: { type: 'Whitespace' } });
put('added-flags-lowercase', wordLevel(), { added_tokens: flags.filter(t => t.content !== 'HELLO'), normalizer: { type: 'Lowercase' }, pre_tokenizer: { type: 'Whitespace' } });
put('added-flags-bytes', byteLevel(), { added_tokens: added([[400, '<s>', 's'], [401, '[MASK]', 'sl'], [402, '</s>', 'r'], [403, 'the', 'wn'], [404, '   ', 'n'], [405, '你好', 'n'], [406, 'two  spaces', '']]), pre_tokenizer: bl(), decoder: bl(), post_processor: bl(true, true, true) });
// decoders on tokens of other kinds
const dec = { none: null, fuse: { type: 'Fuse' }, 'strip-both': seq('decoders', [{ type: 'Fuse' }, { type: 'Strip', content: ' ', start: 2, stop: 1 }]), 'strip-tokens': { type: 'Strip', content: '▁', start: 1, stop: 0 }, 'replace-regex': { type: 'Replace', pattern: { Regex: '[aeiou▁]' }, content: '*' }, 'replace-fused': seq('decoders', [{ type: 'Fuse' }, { type: 'Replace', pattern: { String: 'the' }, content: 'THE' }]), 'byte-fallback': { type: 'ByteFallback' }, bpe: { type: 'BPEDecoder', suffix: '▁' }, ctc: { type: 'CTC', pad_token: '<unk>', word_delimiter_token: '▁', cleanup: true }, 'ctc-plain': { type: 'CTC', pad_token: 'l', word_delimiter_token: '▁', cleanup: false }, 'word-piece': { type: 'WordPiece', prefix: '▁', cleanup: true }, 'metaspace-first': meta('first'), 'sequence': seq('decoders', [{ type: 'ByteFallback' }, { type: 'Metaspace', replacement: '▁', prepend_scheme: 'always', split: true }, { type: 'Strip', content: ' ', start: 1, stop: 0 }]) };
for (const [name, decoder] of Object.entries(dec)) put('decoder-' + name, characters(), { normalizer: { type: 'Replace', pattern: { String: ' ' }, content: '▁' }, decoder }, { longOnly: name === 'strip-both', decode: true });
put('end-of-word', { type: 'BPE', dropout: null, unk_token: '[UNK]', continuing_subword_prefix: '', end_of_word_suffix: '</w>', fuse_unk: false, byte_fallback: false, ignore_merges: false, vocab: byId(['[UNK]', ...'abcdefghijklmnopqrstuvwxyz,.!', ...[...'abcdefghijklmnopqrstuvwxyz,.!'].map(c => c + '</w>'), 'th', 'the</w>', 'an', 'and</w>']), merges: [['t', 'h'], ['th', 'e</w>'], ['a', 'n'], ['an', 'd</w>']] }, { normalizer: { type: 'Lowercase' }, pre_tokenizer: { type: 'BertPreTokenizer' }, decoder: { type: 'BPEDecoder', suffix: '</w>' } });

(async () => {
  const folder = process.argv[2];
  fs.mkdirSync(folder, { recursive: true });
  for (const [name, { json, opts }] of Object.entries(configs)) {
    const tokenizer = Tokenizer.fromString(JSON.stringify(json));
    const cases = [];
    for (const text of texts) {
      const plain = await tokenizer.encode(text, null, { addSpecialTokens: false }), full = await tokenizer.encode(text), pair = await tokenizer.encode(text, 'the pair');
      const ids = full.getIds();
      const entry = { text, ids: plain.getIds() };
      if (opts.offsets !== false) entry.offsets = plain.getOffsets();
      if (json.post_processor) { entry.full = ids; entry.pair = pair.getIds(); }
      // the library panics on a Strip at the end of a token shorter than it takes off
      if ((json.decoder || opts.decode) && !(opts.longOnly && ids.length < 6)) { entry.decoded = await tokenizer.decode(ids, false); entry.skipped = await tokenizer.decode(ids, true); }
      cases.push(entry);
    }
    // tokens in an order that no text has: broken characters, repeated tokens
    const size = tokenizer.getVocabSize(true), decodes = [];
    let seed = 7;
    const present = Object.values(tokenizer.getVocab(true));
    present.sort((a, b) => a - b);
    for (let i = json.decoder || opts.decode ? 0 : 24; i < 24; i++) {
      const ids = [];
      for (let n = i % 9 + (i > 0 ? 1 : 0); n > 0; n--) { seed = (Math.imul(seed, 1103515245) + 12345) >>> 0; ids.push(present[(seed >>> 8) % present.length]); if (seed % 5 == 0) ids.push(ids[ids.length - 1]); }
      if (ids.length > (opts.longOnly ? 6 : 0)) decodes.push({ ids, decoded: await tokenizer.decode(ids, false), skipped: await tokenizer.decode(ids, true) });
    }
    const lines = list => '[\n' + list.map(entry => '    ' + JSON.stringify(entry)).join(',\n') + '\n  ]';
    fs.writeFileSync(path.join(folder, name + '.json'), `{\n  "tokenizer": ${JSON.stringify(json)},\n  "cases": ${lines(cases)},\n  "decodes": ${lines(decodes)}\n}\n`);
  }
  console.log(Object.keys(configs).length, 'tokenizers');
})();
