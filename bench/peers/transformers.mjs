// Runs transformers.js over plain texts, as its users call it; see serve.mjs for the requests it
// answers. Tokenising is part of the work.
//
//   node transformers.mjs WORK_FOLDER MODELS_FOLDER MODEL TEXTS.jsonl IDS.jsonl THREADS mean|cls
import fs from 'node:fs';
import {createRequire} from 'node:module';
import {serve} from './serve.mjs';

const [, , work, models, model, textsFile, idsFile, threads, pooling] = process.argv;
const path = createRequire(work + '/').resolve('@huggingface/transformers');
const {pipeline, env} = await import(path);
env.allowRemoteModels = false;
env.localModelPath = models;
const lines = (file) => fs.readFileSync(file, 'utf8').trim().split('\n').map((l) => JSON.parse(l));
const texts = lines(textsFile).map((line) => line.text);
const embed = await pipeline('feature-extraction', model, {
  dtype: 'fp32',
  session_options: {intraOpNumThreads: +threads},
});

const encode = async (rows) =>
  (await embed(rows.map((row) => texts[row]), {pooling, normalize: true})).data;

// Counted as the pipeline does it, to be compared with what it is measured by.
function extra(rows) {
  const count = (text) => embed.tokenizer(text, {padding: true, truncation: true}).input_ids.dims[1];
  return {lengths: rows.map((row) => count(texts[row]))};
}

// By characters, which a user has, not by tokens.
const lengths = texts.map((text) => text.length);
await serve({lengths, tokens: lines(idsFile).map((line) => line.ids.length), encode, extra});
