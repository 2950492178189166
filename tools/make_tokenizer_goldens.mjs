// Writes testdata/tokenizer: small tokenizers and the ids that Hugging Face tokenizers gives for some texts.
//
// npm install @anush008/tokenizers@0.6.0    (Hugging Face tokenizers 0.22.2)
// node tools/make_tokenizer_goldens.mjs UNCASED_BERT/tokenizer.json testdata/tokenizer
//
// The vocabulary is what the full tokenizer needs for the texts below, renumbered, and nothing else.
import {createRequire} from 'module';
import fs from 'fs';
import path from 'path';
import process from 'process';
const require = createRequire(process.cwd() + '/package.json');
const {Tokenizer} = require('@anush008/tokenizers');

const [sourcePath, outputDir] = process.argv.slice(2);
const source = JSON.parse(fs.readFileSync(sourcePath, 'utf8'));

const texts = [
  '', ' ', '\t\n\r', 'a', 'Hello, world!', 'The quick brown fox jumps over the lazy dog.',
  'unaffable embeddings tokenization', "don't can't won't it's", 'foo_bar-baz/qux@example.com',
  'UPPER lower MiXeD', '3.14159 1,000,000 2026-11-20', 'a\u0000b', 'a\uFFFDb', 'zero\u200Bwidth\u200Djoin',
  'soft\u00ADhyphen', 'non\u00A0breaking\u3000space\u2028line', '\u0085next', 'bell\u0007esc\u001B[0m',
  'caf\u00E9 cafe\u0301 na\u00EFve r\u00E9sum\u00E9', '\u0130stanbul \u0131', '\u03A3\u039F\u03A6\u039F\u03A3 \u03C3\u03BF\u03C6\u03CC\u03C2',
  'Stra\u00DFe \u1E9E', '\u212B \u2126 \uFB01', 'q\u0323\u0307 q\u0307\u0323', '\u302E\u302Fa\u0334',
  '\u4E2D\u6587\u6587\u672C', '\u65E5\u672C\u8A9E\u306E\u6587', '\uD55C\uAD6D\uC5B4', '\uF900\uFA0E\u{2F800}\u{20000}\u{2B820}',
  '\u041F\u0440\u0438\u0432\u0435\u0442, \u043C\u0438\u0440', '\u0645\u0631\u062D\u0628\u0627', '\u0928\u092E\u0938\u094D\u0924\u0947',
  '\u{1F600} \u{1F468}\u200D\u{1F469}\u200D\u{1F467}', '\u{1D400}\u{1D7D8}', '\uE000 \u{F0000} \u0378',
  '$100 + 5% = ^ ` ~ | < >', '\u00A1\u00BF\u2026\u2014\u201Cquoted\u201D', '\u166D \u2E43',
  '[CLS] [SEP] [MASK] [PAD] [UNK]', 'x[MASK]y [mask] [MASK', '[[MASK]]', 'hello <unk> <UNK> \u226Eunk>',
  'yes yesterday yes. Yes', 'abab ababa xabab', 'x '.repeat(40), 'a'.repeat(100), 'a'.repeat(101),
  'fifteen-letters incomprehensible counterrevolutionary',
  '\u0301\u0301', 'a\u0301'.repeat(60), '\u200B', 'trailing space ', '  two  spaces  ',
];

// Special tokens, all that the texts use, and the ASCII characters.
async function cutVocabulary() {
  const full = Tokenizer.fromString(JSON.stringify({...source, truncation: null, padding: null}));
  const kept = new Set(['[PAD]', '[UNK]', '[CLS]', '[SEP]', '[MASK]']);
  for (let c = 33; c < 127; ++c)
    for (const token of [String.fromCharCode(c), '##' + String.fromCharCode(c)])
      if (token in source.model.vocab) kept.add(token);
  for (const text of texts)
    for (const token of (await full.encode(text, null)).getTokens()) kept.add(token);
  const inOrder = [...kept].sort((a, b) => source.model.vocab[a] - source.model.vocab[b]);
  return Object.fromEntries(inOrder.map((token, id) => [token, id]));
}

const added = (content, flags) => ({
  id: 0, content, single_word: false, lstrip: false, rstrip: false, normalized: false, special: false, ...flags});

function makeTokenizer(vocab, change) {
  const special = content => ({...added(content, {special: true}), id: vocab[content]});
  const tokenizer = {
    version: '1.0', truncation: {max_length: 8, strategy: 'LongestFirst', stride: 0, direction: 'Right'},
    padding: null, added_tokens: ['[PAD]', '[UNK]', '[CLS]', '[SEP]', '[MASK]'].map(special),
    normalizer: {type: 'BertNormalizer', clean_text: true, handle_chinese_chars: true, strip_accents: null,
                 lowercase: true},
    pre_tokenizer: {type: 'BertPreTokenizer'},
    post_processor: {
      type: 'TemplateProcessing',
      single: [{SpecialToken: {id: '[CLS]', type_id: 0}}, {Sequence: {id: 'A', type_id: 0}},
               {SpecialToken: {id: '[SEP]', type_id: 0}}],
      pair: [{Sequence: {id: 'A', type_id: 0}}, {Sequence: {id: 'B', type_id: 1}}],
      special_tokens: Object.fromEntries(['[CLS]', '[SEP]'].map(
          token => [token, {id: token, ids: [vocab[token]], tokens: [token]}])),
    },
    decoder: null,
    model: {type: 'WordPiece', unk_token: '[UNK]', continuing_subword_prefix: '##',
            max_input_chars_per_word: 100, vocab},
  };
  change(tokenizer);
  let next = Object.keys(vocab).length;
  for (const token of tokenizer.added_tokens) token.id = vocab[token.content] ?? next++;
  return tokenizer;
}

const variants = {
  uncased: () => {},
  cased: t => { t.normalizer.lowercase = false; },
  // Added tokens of every kind; all serve the fast implementation.
  added: t => {
    t.added_tokens.push(
        added('yes', {single_word: true, lstrip: true, rstrip: true}), added('abab', {single_word: true}),
        added('aba'), added('<unk>', {normalized: true, special: true}), added('FOX', {normalized: true}));
    t.post_processor = {type: 'RobertaProcessing', sep: ['[SEP]', t.model.vocab['[SEP]']],
                        cls: ['[CLS]', t.model.vocab['[CLS]']], trim_offsets: true, add_prefix_space: false};
  },
  // Needs the plain implementation: normalised tokens with spaces, accents and whole words only.
  odd: t => {
    t.added_tokens.push(added('QUICK brown', {normalized: true}), added('caf\u00E9', {normalized: true}),
                        added('yes', {normalized: true, single_word: true}));
  },
  sequence: t => {
    t.normalizer = {type: 'Sequence', normalizers: [{type: 'NFD'}, {type: 'Lowercase'}]};
    t.pre_tokenizer = {type: 'Whitespace'};
    t.post_processor = null;
  },
};

const lines = values => values.map(value => JSON.stringify(value) + '\n').join('');
const vocab = await cutVocabulary();
fs.writeFileSync(path.join(outputDir, 'texts.jsonl'), lines(texts));
for (const [name, change] of Object.entries(variants)) {
  const dir = path.join(outputDir, name);
  fs.mkdirSync(dir, {recursive: true});
  const tokenizer = makeTokenizer(vocab, change);
  fs.writeFileSync(path.join(dir, 'tokenizer.json'), JSON.stringify(tokenizer) + '\n');
  const peer = Tokenizer.fromString(JSON.stringify({...tokenizer, truncation: null}));
  const ids = [];
  for (const text of texts) ids.push((await peer.encode(text, null)).getIds());
  fs.writeFileSync(path.join(dir, 'ids.jsonl'), lines(ids));
}
fs.mkdirSync(path.join(outputDir, 'vocab_txt'), {recursive: true});
// By id: keys that look like numbers come first in an object, whatever the order they were added in.
const byId = Object.keys(vocab).sort((a, b) => vocab[a] - vocab[b]);
fs.writeFileSync(path.join(outputDir, 'vocab_txt', 'vocab.txt'), byId.join('\n') + '\n');
