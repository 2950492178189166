// Measures Hugging Face tokenizers (Rust) on the texts of tokenizer_bench: MB/s and tokens/s of its batch
// call, the best of several rounds. RAYON_NUM_THREADS=1 gives one thread.
//
// npm install @anush008/tokenizers@0.6.0    (Hugging Face tokenizers 0.22.2), in WORK_FOLDER
// RAYON_NUM_THREADS=1 node bench/peers/tokenizers.mjs WORK_FOLDER TOKENIZER_FOLDER TEXTS.jsonl [TOKENS_MAX [SECONDS]]
import fs from 'fs';
import {createRequire} from 'module';
import process from 'process';

const [work, folder, textsPath, tokensMax = '0', seconds = '2'] = process.argv.slice(2);
const {Tokenizer} = createRequire(work + '/')('@anush008/tokenizers');
const file = JSON.parse(fs.readFileSync(folder + '/tokenizer.json', 'utf8'));
const json = JSON.stringify({...file, truncation: null, padding: null});
const loadStart = performance.now();
const tokenizer = Tokenizer.fromString(json);
const loadMs = performance.now() - loadStart;
if (tokensMax !== '0') tokenizer.setTruncation(Number(tokensMax));

const texts = fs.readFileSync(textsPath, 'utf8').trimEnd().split('\n').map(line => JSON.parse(line).text);
const megabytes = texts.reduce((sum, text) => sum + Buffer.byteLength(text), 0) / 1e6;

let best = Infinity, tokens = 0;
const begin = performance.now();
do {
  const start = performance.now();
  const encodings = await tokenizer.encodeBatch(texts);
  best = Math.min(best, performance.now() - start);
  tokens = encodings.reduce((sum, encoding) => sum + encoding.getLength(), 0);
} while (performance.now() - begin < 1e3 * seconds);
console.log(JSON.stringify({
  texts: texts.length, mb: +megabytes.toFixed(2), load_ms: +loadMs.toFixed(1),
  mb_per_s: +(megabytes / best * 1e3).toFixed(2), tokens_per_s: Math.round(tokens / best * 1e3), tokens}));
