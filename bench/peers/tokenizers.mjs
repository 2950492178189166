// Measures Hugging Face tokenizers (Rust) on the texts of tokenizer_bench: MB/s and tokens/s of its batch
// call, the best of several rounds. RAYON_NUM_THREADS=1 gives one thread.
//
// npm install @anush008/tokenizers@0.6.0    (Hugging Face tokenizers 0.22.2)
// RAYON_NUM_THREADS=1 node bench/peers/tokenizers.mjs TOKENIZER_FOLDER TEXTS.csv [TOKENS_MAX]
import {createRequire} from 'module';
import fs from 'fs';
import process from 'process';
const require = createRequire(process.cwd() + '/package.json');
const {Tokenizer} = require('@anush008/tokenizers');

const [folder, textsPath, tokensMax] = process.argv.slice(2);
const file = JSON.parse(fs.readFileSync(folder + '/tokenizer.json', 'utf8'));
const loadStart = performance.now();
const tokenizer = Tokenizer.fromString(JSON.stringify({...file, truncation: null, padding: null}));
const loadMs = performance.now() - loadStart;
if (tokensMax !== undefined) tokenizer.setTruncation(Number(tokensMax));

const unquote = text => text.length >= 2 && text[0] === '"' ? text.slice(1, -1).replaceAll('""', '"') : text;
const texts = fs.readFileSync(textsPath, 'utf8').split('\n').slice(1, -1)
    .map(line => unquote(line.slice(line.indexOf(',') + 1)));
const megabytes = texts.reduce((sum, text) => sum + Buffer.byteLength(text), 0) / 1e6;

let best = Infinity, tokens = 0;
for (let round = 0; round < 6; ++round) {
  const start = performance.now();
  const encodings = await tokenizer.encodeBatch(texts);
  best = Math.min(best, performance.now() - start);
  tokens = encodings.reduce((sum, encoding) => sum + encoding.getLength(), 0);
}
console.log(JSON.stringify({
  texts: texts.length, mb: +megabytes.toFixed(2), load_ms: +loadMs.toFixed(1),
  mb_per_s: +(megabytes / best * 1e3).toFixed(2), tokens_per_s: Math.round(tokens / best * 1e3), tokens}));
