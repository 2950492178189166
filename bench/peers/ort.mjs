// Runs ONNX Runtime over token ids; see serve.mjs for the requests it answers.
//
//   node ort.mjs WORK_FOLDER MODEL.onnx IDS.jsonl THREADS
import fs from 'node:fs';
import {createRequire} from 'node:module';
import {serve} from './serve.mjs';

const [, , work, model, idsFile, threads] = process.argv;
const ort = createRequire(work + '/')('onnxruntime-node');
const texts = fs.readFileSync(idsFile, 'utf8').trim().split('\n')
    .map((line) => JSON.parse(line).ids.map(BigInt));
const lengths = texts.map((ids) => ids.length);
const session = await ort.InferenceSession.create(model, {
  intraOpNumThreads: +threads,
  interOpNumThreads: 1,
  graphOptimizationLevel: 'all',
  executionMode: 'sequential',
});

async function encode(rows) {
  const tokens = Math.max(...rows.map((row) => lengths[row]));
  const shape = [rows.length, tokens];
  const ids = new BigInt64Array(rows.length * tokens);
  const mask = new BigInt64Array(rows.length * tokens);
  const types = new BigInt64Array(rows.length * tokens);
  rows.forEach((row, r) => {
    ids.set(texts[row], r * tokens);
    mask.fill(1n, r * tokens, r * tokens + lengths[row]);
  });
  const tensor = (values) => new ort.Tensor('int64', values, shape);
  const result = await session.run(
      {input_ids: tensor(ids), attention_mask: tensor(mask), token_type_ids: tensor(types)});
  return result.vectors.data;
}

await serve({lengths, tokens: lengths, encode});
