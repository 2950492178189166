// Writes testdata/tokenizer_kinds: small tokenizers of all kinds but WordPiece, and the ids that Hugging Face
// tokenizers gives for some texts.
//
// npm install @anush008/tokenizers@0.6.0    (Hugging Face tokenizers 0.22.2)
// apt-get install sentencepiece             (spm_train, for the SentencePiece files)
// node tools/make_kind_goldens.mjs SOURCES testdata/tokenizer_kinds
//
// SOURCES has the tokenizer.json of a RoBERTa, a Qwen, a Gemma and an XLM-RoBERTa model, as
// NAME/model/tokenizer.json (names: below). Vocabularies are cut down from these.
import {execFileSync} from 'child_process';
import fs from 'fs';
import {createRequire} from 'module';
import os from 'os';
import path from 'path';
import process from 'process';
const require = createRequire(process.cwd() + '/package.json');
const {Tokenizer} = require('@anush008/tokenizers');

const [sources, outputDir] = process.argv.slice(2);
const source = name => JSON.parse(fs.readFileSync(`${sources}/${name}/model/tokenizer.json`, 'utf8'));

const texts = [
  '', ' ', '  ', '\t\n\r ', 'a', 'Hello, world!', ' The quick brown fox  jumps over   the lazy dog. ',
  "don't DON'T we'Re I'LL 'tis '\u017F it''s", 'foo_bar-baz/qux@example.com', 'HTTPServer camelCase ABCdef \u01C5a',
  '3.14159 1,000,000 12345678 \u00BD \u2167 \u0663\u0664 x\u00B2', 'line\nbreaks\r\n\r\nand \n spaces\n', 'a\u0000b', 'a\uFFFDb',
  'zero\u200Bwidth\u200Djoin', 'soft\u00ADhyphen', 'non\u00A0breaking\u3000space\u2028line', '\u0085next', 'bell\u0007esc\u001B[0m',
  'caf\u00E9 cafe\u0301 na\u00EFve', '\u0130stanbul \u03A3\u039F\u03A6\u039F\u03A3', '\u212B \u2126 \uFB01 \uFF21\uFF42', '\u212B\u0301 \uFF21\u0301x',
  'q\u0323\u0307 q\u0307\u0323 \u1E9B\u0323', '\u302E\u302Fa\u0334', '\u4E2D\u6587\u6587\u672C\u6CA1\u6709\u7A7A\u683C', '\u65E5\u672C\u8A9E\u306E\u6587',
  '\uD55C\uAD6D\uC5B4 \u1112\u1161\u11AB\u1100\u1161\u11A8', '\u041F\u0440\u0438\u0432\u0435\u0442, \u043C\u0438\u0440', '\u0645\u0631\u062D\u0628\u0627',
  '\u0928\u092E\u0938\u094D\u0924\u0947 \u0915\u094D\u0937', '\u{1F600} \u{1F468}\u200D\u{1F469}\u200D\u{1F467} \u{1F1EB}\u{1F1F7}', '\u{1D400}\u{1D7D8}',
  '\uE000 \u{F0000} \u0378', '$100 + 5% = ^ ` ~ | < >', '\u00A1\u00BF\u2026\u2014\u201Cquoted\u201D', '\u2581meta\u2581\u2581space \u2581', '<s></s> <mask>x <mask> [mask',
  '  <mask>  ', 'the<tok>the thetok tok <TOK>', '<|endoftext|> <bos>a<eos> <start_of_turn>', 'x '.repeat(20), 'a'.repeat(70), 'ab'.repeat(40),
  '!'.repeat(20), '\u0301\u0301', 'a\u0301'.repeat(20), 'trailing space ', 'www.example.com/path?q=1&r=2#frag', '``quoted\'\' text',
];
const lines = values => values.map(value => JSON.stringify(value) + '\n').join('');
const write = (name, file, content) => {
  fs.mkdirSync(path.join(outputDir, name), {recursive: true});
  fs.writeFileSync(path.join(outputDir, name, file), content);
};
async function idsOf(tokenizer) {
  const peer = Tokenizer.fromString(JSON.stringify({...tokenizer, truncation: null, padding: null}));
  const ids = [];
  for (const text of texts) ids.push((await peer.encode(text, null)).getIds());
  return ids;
}
const special = (content, flags) => ({
  id: 0, content, single_word: false, lstrip: false, rstrip: false, normalized: false, special: true, ...flags});

// The first merges of a BPE tokenizer, and the tokens that they need.
function cutBpe(tokenizer, mergeCount) {
  const merges = tokenizer.model.merges.slice(0, mergeCount);
  const pairs = merges.map(merge => typeof merge === 'string' ? merge.split(' ') : merge);
  const added = new Set(tokenizer.added_tokens.map(token => token.content));
  const kept = new Set(pairs.flatMap(([a, b]) => [a, b, a + b]));
  const isBase = token => [...token].length === 1 && token.codePointAt(0) < 0x180 || /^<0x..>$/.test(token);
  const tokens = Object.keys(tokenizer.model.vocab)
      .filter(token => kept.has(token) || isBase(token) || added.has(token))
      .sort((a, b) => tokenizer.model.vocab[a] - tokenizer.model.vocab[b]);
  const vocab = Object.fromEntries(tokens.map((token, id) => [token, id]));
  return {...tokenizer, model: {...tokenizer.model, vocab, merges}};
}

// The tokens that a Unigram tokenizer needs for the texts, and some that lose.
async function cutUnigram(tokenizer) {
  const peer = Tokenizer.fromString(JSON.stringify({...tokenizer, truncation: null, padding: null}));
  const kept = new Set(tokenizer.model.vocab.slice(0, 60).map(([token]) => token));
  for (const text of texts)
    for (const token of (await peer.encode(text, null)).getTokens())
      for (let end = 1; end <= token.length; ++end) kept.add(token.slice(0, end)).add(token.slice(end - 1, end));
  const vocab = tokenizer.model.vocab.filter(([token]) => kept.has(token) || token === '<mask>');
  return {...tokenizer, model: {...tokenizer.model, vocab}};
}

function numberAgain(tokenizer) {
  const {vocab} = tokenizer.model;
  const idOf = new Map(Array.isArray(vocab) ? vocab.map(([token], id) => [token, id]) : Object.entries(vocab));
  let next = idOf.size;
  tokenizer.added_tokens = tokenizer.added_tokens.map(token => {
    if (!idOf.has(token.content)) idOf.set(token.content, next++);
    return {...token, id: idOf.get(token.content)};
  });
  const visit = value => {
    if (Array.isArray(value) && value.length === 2 && typeof value[0] === 'string' && typeof value[1] === 'number')
      return [value[0], idOf.get(value[0])];
    if (Array.isArray(value)) return value.map(visit);
    if (value === null || typeof value !== 'object') return value;
    if (Array.isArray(value.ids)) return {...value, ids: value.tokens.map(token => idOf.get(token))};
    return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, visit(inner)]));
  };
  tokenizer.post_processor = visit(tokenizer.post_processor);
  return {...tokenizer, truncation: null, padding: null, decoder: null};
}

// SentencePiece's own file, as Hugging Face's converters read it.
function* protobufFields(bytes) {
  let at = 0;
  const varint = () => {
    let value = 0, scale = 1;
    for (;; scale *= 128) {
      value += (bytes[at] & 127) * scale;
      if (bytes[at++] < 128) return value;
    }
  };
  while (at < bytes.length) {
    const tag = varint();
    const kind = tag & 7, number = Math.floor(tag / 8);
    if (kind === 0) yield [number, varint()];
    else if (kind === 5) { yield [number, bytes.readFloatLE(at)]; at += 4; }
    else if (kind === 2) { const size = varint(); yield [number, bytes.subarray(at, at + size)]; at += size; }
    else throw new Error('field kind ' + kind);
  }
}
function readModel(file) {
  const model = {pieces: [], type: 1, unkId: 0, charsmap: Buffer.alloc(0)};
  for (const [number, value] of protobufFields(fs.readFileSync(file))) {
    if (number === 1) {
      const piece = {text: '', score: 0, type: 1};
      for (const [field, inner] of protobufFields(value)) {
        if (field === 1) piece.text = inner.toString();
        if (field === 2) piece.score = inner;
        if (field === 3) piece.type = inner;
      }
      model.pieces.push(piece);
    }
    if (number === 2)
      for (const [field, inner] of protobufFields(value)) {
        if (field === 3) model.type = inner;
        if (field === 40) model.unkId = inner;
      }
    if (number === 3)
      for (const [field, inner] of protobufFields(value)) if (field === 2) model.charsmap = inner;
  }
  return model;
}

const precompiled = charsmap => ({type: 'Precompiled', precompiled_charsmap: charsmap.toString('base64')});
const replace = (pattern, content) => ({type: 'Replace', pattern, content});
const metaspace = options => ({type: 'Metaspace', replacement: '\u2581', ...options});
const around = (before, after, vocab) => {
  const idOf = new Map(vocab.map(([token], id) => [token, id]));
  const piece = token => ({SpecialToken: {id: token, type_id: 0}});
  return {type: 'TemplateProcessing',
    single: [...before.map(piece), {Sequence: {id: 'A', type_id: 0}}, ...after.map(piece)],
    pair: [{Sequence: {id: 'A', type_id: 0}}, {Sequence: {id: 'B', type_id: 1}}],
    special_tokens: Object.fromEntries([...before, ...after].map(
        token => [token, {id: token, ids: [idOf.get(token)], tokens: [token]}]))};
};
const piecesFrom = (model, first) => model.pieces.slice(first).map(({text, score}) => [text, score]);
const spmSteps = model => ({
  normalizer: {type: 'Sequence', normalizers: [
    ...(model.charsmap.length > 0 ? [precompiled(model.charsmap)] : []), {type: 'Strip', strip_left: false, strip_right: true},
    replace({Regex: ' {2,}'}, '\u2581')]},
  pre_tokenizer: metaspace({prepend_scheme: 'always', split: true})});
const whole = parts => ({version: '1.0', truncation: null, padding: null, decoder: null, ...parts});
const typed = model => model.pieces.filter(({type}) => type === 3 || type === 4)
    .map(({text, type}) => special(text, {special: type === 3}));

const converters = {
  XLMRobertaTokenizer: model => {
    const vocab = [['<s>', 0], ['<pad>', 0], ['</s>', 0], ['<unk>', 0], ...piecesFrom(model, 3), ['<mask>', 0]];
    return whole({...spmSteps(model), post_processor: around(['<s>'], ['</s>'], vocab),
      added_tokens: [...typed(model), special('<pad>'), special('<unk>'), special('<mask>', {lstrip: true})],
      model: {type: 'Unigram', unk_id: 3, vocab, byte_fallback: false}});
  },
  CamembertTokenizer: model => {
    const vocab = [['<s>NOTUSED', 0], ['<pad>', 0], ['</s>NOTUSED', 0], ['<unk>', 0], ['<unk>NOTUSED', -100],
                   ...piecesFrom(model, 1), ['<mask>', 0]];
    return whole({...spmSteps(model), post_processor: around(['<s>'], ['</s>'], vocab),
      added_tokens: [...typed(model), special('<pad>'), special('<unk>'), special('<mask>', {lstrip: true})],
      model: {type: 'Unigram', unk_id: 3, vocab, byte_fallback: false}});
  },
  T5Tokenizer: model => {
    const vocab = piecesFrom(model, 0);
    const extra = [1, 0].map(i => special(`<extra_id_${i}>`, {id: 0}));
    return whole({...spmSteps(model), post_processor: around([], ['</s>'], vocab),
      added_tokens: [...typed(model), special('<unk>'), special('<pad>'), ...extra],
      model: {type: 'Unigram', unk_id: model.unkId, vocab, byte_fallback: false}});
  },
  GemmaTokenizer: model => {
    const pieces = [['<pad>', 0], ['<eos>', 0], ['<bos>', 0], ...piecesFrom(model, 3)];
    const byte = pieces.findIndex(([text]) => text === '<0x09>');
    if (!pieces.some(([text]) => text === '\t') && byte >= 0) pieces[byte] = ['\t', 0];
    const idOf = new Map(pieces.map(([text], id) => [text, id]));
    const merges = [];
    for (const [text, score] of pieces) {
      const chars = [...text], own = [];
      for (let i = 1; i < chars.length; ++i) {
        const left = chars.slice(0, i).join(''), right = chars.slice(i).join('');
        if (idOf.has(left) && idOf.has(right)) own.push({left, right, score, sizes: [i, chars.length - i]});
      }
      own.sort((a, b) => idOf.get(a.left) - idOf.get(b.left) || idOf.get(a.right) - idOf.get(b.right));
      merges.push(...own);
    }
    merges.sort((a, b) => b.score - a.score || b.sizes[0] - a.sizes[0] || b.sizes[1] - a.sizes[1]);
    return whole({normalizer: replace({String: ' '}, '\u2581'),
      pre_tokenizer: {type: 'Split', pattern: {String: ' '}, behavior: 'MergedWithPrevious', invert: false},
      post_processor: around(['<bos>'], [], pieces),
      added_tokens: [...typed(model), special('<bos>'), special('<eos>'), special('<unk>')],
      model: {type: 'BPE', unk_token: '<unk>', fuse_unk: true, byte_fallback: true, ignore_merges: false,
              vocab: Object.fromEntries(pieces.map(([text], id) => [text, id])), merges: merges.map(m => [m.left, m.right])}});
  },
};

// Trains on the texts themselves; rules of the normaliser are "FROM<tab>TO" in hexadecimal code points.
function train(name, file, options) {
  const work = fs.mkdtempSync(path.join(os.tmpdir(), 'spm-'));
  const corpus = texts.filter(text => text.trim() !== '' && !text.includes('\u0000')).flatMap(text => text.split(/[\r\n]+/));
  fs.writeFileSync(work + '/texts', corpus.join('\n').repeat(4) + '\n');
  fs.writeFileSync(work + '/rules', ['FF21\t41', 'FF42\t62', '212B\tC5', 'FB01\t66 69', 'A0\t20', '3000\t20', '2028\t20', '200B\t',
                                     '65 301\tE9', '41 30A\tC5', '7\t'].join('\n') + '\n');
  // The file keeps the options, so paths are relative.
  execFileSync('spm_train', ['--input=texts', '--model_prefix=m', '--hard_vocab_limit=false', '--character_coverage=0.98',
                             '--num_threads=1', '--minloglevel=2', ...options], {cwd: work});
  fs.mkdirSync(path.join(outputDir, name), {recursive: true});
  fs.copyFileSync(work + '/m.model', path.join(outputDir, name, file));
  fs.rmSync(work, {recursive: true});
  return readModel(path.join(outputDir, name, file));
}

async function writeKind(name, tokenizer) {
  write(name, 'tokenizer.json', JSON.stringify(tokenizer) + '\n');
  write(name, 'ids.jsonl', lines(await idsOf(tokenizer)));
}

fs.mkdirSync(outputDir, {recursive: true});
fs.writeFileSync(path.join(outputDir, 'texts.jsonl'), lines(texts));

// Byte-level BPE.
const roberta = cutBpe(source('roberta-mean'), 500);
const odd = [special('<tok>', {normalized: true, special: false}), special('tok', {single_word: true, special: false}),
             special('the', {lstrip: true, rstrip: true, single_word: true, special: false})];
const gpt2 = numberAgain({...roberta, added_tokens: [...roberta.added_tokens, ...odd]});
await writeKind('gpt2', gpt2);
const qwen = cutBpe(source('qwen3-last'), 500);
await writeKind('qwen2', numberAgain(structuredClone(qwen)));
const [split, bytes] = qwen.pre_tokenizer.pretokenizers;
const withPattern = regex => ({...split, pattern: {Regex: regex}});
const llama3 = split.pattern.Regex.replace('\\p{N}|', '\\p{N}{1,3}|');
await writeKind('llama3', numberAgain({...structuredClone(qwen), normalizer: null, model: {...qwen.model, ignore_merges: true},
  pre_tokenizer: {type: 'Sequence', pretokenizers: [withPattern(llama3), bytes]},
  post_processor: {type: 'Sequence', processors: [{...bytes, use_regex: true}, qwen.post_processor]}}));
const upper = '[\\p{Lu}\\p{Lt}\\p{Lm}\\p{Lo}\\p{M}]', lower = '[\\p{Ll}\\p{Lm}\\p{Lo}\\p{M}]';
const ending = "(?i:'s|'t|'re|'ve|'m|'ll|'d)?", lead = '[^\\r\\n\\p{L}\\p{N}]?';
await writeKind('o200k', numberAgain({...structuredClone(qwen), normalizer: {type: 'NFKC'},
  pre_tokenizer: {type: 'Sequence', pretokenizers: [
    withPattern(`${lead}${upper}*${lower}+${ending}|${lead}${upper}+${lower}*${ending}|\\p{N}{1,3}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n/]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+`),
    bytes]}}));
await writeKind('digits', numberAgain({...structuredClone(roberta), normalizer: {type: 'NFD'},
  pre_tokenizer: {type: 'Sequence', pretokenizers: [
    {type: 'Digits', individual_digits: true}, {type: 'Punctuation', behavior: 'Contiguous'}, {...roberta.pre_tokenizer, add_prefix_space: true}]}}));
await writeKind('byte_chars', numberAgain({...structuredClone(roberta), pre_tokenizer: null,
  normalizer: {type: 'Sequence', normalizers: [{type: 'NFKD'}, {type: 'ByteLevel'}]}}));

// SentencePiece BPE.
const gemma = cutBpe(source('gemma3-mean-dense2'), 400);
await writeKind('gemma', numberAgain(structuredClone(gemma)));
await writeKind('llama', numberAgain({...structuredClone(gemma), pre_tokenizer: null, model: {...gemma.model, fuse_unk: false, byte_fallback: false},
  normalizer: {type: 'Sequence', normalizers: [{type: 'Prepend', prepend: '\u2581'}, replace({String: ' '}, '\u2581')]}}));
await writeKind('suffix', numberAgain({...structuredClone(gemma), normalizer: {type: 'Lowercase'}, pre_tokenizer: {type: 'Whitespace'},
  model: {...gemma.model, end_of_word_suffix: 'e', byte_fallback: false}}));

// SentencePiece's own files, and what they are converted to.
const unigram = ['--vocab_size=260', '--model_type=unigram', '--normalization_rule_tsv=rules'];
const models = {
  XLMRobertaTokenizer: ['sentencepiece.bpe.model', [...unigram, '--user_defined_symbols=<tok>']],
  CamembertTokenizer: ['sentencepiece.bpe.model', unigram],
  T5Tokenizer: ['spiece.model', [...unigram, '--pad_id=0', '--eos_id=1', '--unk_id=2', '--bos_id=-1']],
  GemmaTokenizer: ['tokenizer.model', [
    '--vocab_size=500', '--model_type=bpe', '--byte_fallback=true', '--normalization_rule_name=identity',
    '--add_dummy_prefix=false', '--remove_extra_whitespaces=false', '--pad_id=0', '--eos_id=1', '--bos_id=2', '--unk_id=3',
    '--pad_piece=<pad>', '--eos_piece=<eos>', '--bos_piece=<bos>', '--user_defined_symbols=<start_of_turn>']],
};
let charsmap;
for (const [tokenizerClass, [file, options]] of Object.entries(models)) {
  const model = train(tokenizerClass, file, options);
  if (model.charsmap.length > 0) charsmap = model.charsmap;
  write(tokenizerClass, 'tokenizer_config.json',
        JSON.stringify({tokenizer_class: tokenizerClass + 'Fast', ...(tokenizerClass === 'T5Tokenizer' ? {extra_ids: 2} : {})}) + '\n');
  write(tokenizerClass, 'ids.jsonl', lines(await idsOf(numberAgain(converters[tokenizerClass](model)))));
}

// Unigram.
const xlmr = await cutUnigram({...source('xlm-roberta-mean'), normalizer: precompiled(charsmap)});
const base = () => structuredClone(xlmr);
await writeKind('xlmr', numberAgain(base()));
await writeKind('t5', numberAgain({...base(), pre_tokenizer: metaspace({prepend_scheme: 'first'}),
  normalizer: {type: 'Sequence', normalizers: [
    {type: 'Nmt'}, precompiled(charsmap), {type: 'Strip', strip_left: true, strip_right: true}, replace({Regex: ' {2,}'}, ' ')]}}));
await writeKind('potion', numberAgain({...base(), pre_tokenizer: metaspace({prepend_scheme: 'always', split: false}),
  normalizer: {type: 'Sequence', normalizers: [
    precompiled(charsmap), ...[...'!"#$%&\'()*+,-./:;<=>?@[\\]^_`{|}~'].map(c => replace({String: c}, ` ${c} `)),
    replace({Regex: '\\s+'}, ' '), {type: 'Strip', strip_left: true, strip_right: true}]}}));
await writeKind('albert', numberAgain({...base(), pre_tokenizer: {type: 'Sequence', pretokenizers: [
    {type: 'WhitespaceSplit'}, metaspace({add_prefix_space: false, prepend_scheme: 'never'})]},
  model: {...xlmr.model, byte_fallback: true},
  normalizer: {type: 'Sequence', normalizers: [
    replace({String: '``'}, '"'), replace({String: "''"}, '"'), {type: 'NFKD'}, {type: 'StripAccents'}, {type: 'Lowercase'}]}}));

// The older format of byte-level BPE.
const older = (name, tokenizer, config) => {
  const byId = Object.entries(tokenizer.model.vocab);
  write(name, 'vocab.json', JSON.stringify(Object.fromEntries(byId)) + '\n');
  write(name, 'merges.txt', '#version: 0.2\n' + tokenizer.model.merges.map(m => (typeof m === 'string' ? m : m.join(' ')) + '\n').join(''));
  write(name, 'tokenizer_config.json', JSON.stringify(config) + '\n');
};
const plainRoberta = numberAgain(structuredClone(roberta));
older('RobertaTokenizer', plainRoberta, {tokenizer_class: 'RobertaTokenizer'});
write('RobertaTokenizer', 'ids.jsonl', lines(await idsOf(plainRoberta)));
const qwenTokens = qwen.added_tokens.map(token => token.content);
const bare = structuredClone(qwen);
for (const token of qwenTokens) delete bare.model.vocab[token];
const olderQwen = numberAgain({...bare, model: {...bare.model, vocab: Object.fromEntries(Object.keys(bare.model.vocab).map((t, i) => [t, i]))},
  post_processor: null});
older('Qwen2Tokenizer', olderQwen, {tokenizer_class: 'Qwen2Tokenizer', eos_token: '<|im_end|>', pad_token: '<|endoftext|>',
  added_tokens_decoder: Object.fromEntries(olderQwen.added_tokens.map(({id, ...token}) => [id, token]))});
write('Qwen2Tokenizer', 'ids.jsonl', lines(await idsOf(olderQwen)));
