// Runs ONNX Runtime over token ids and prints its speed as one line of JSON.
//
//   node ort.mjs NODE_MODULES MODEL.onnx IDS.jsonl BATCH THREADS PART/PARTS [VECTORS.f32]
//
// Texts are sorted by length, so that little is padded. PART/PARTS: every PARTS-th batch from PART on,
// for several processes that share the work; each starts its clock when a byte arrives on standard
// input.
import fs from 'node:fs';
import {createRequire} from 'node:module';

const [, , modules, model, idsFile, batch, threads, share, vectorsFile] = process.argv;
const ort = createRequire(modules + '/')('onnxruntime-node');
const [part, parts] = share.split('/').map(Number);
const lines = fs.readFileSync(idsFile, 'utf8').trim().split('\n');
const texts = lines.map((line) => JSON.parse(line).ids);
const order = [...texts.keys()].sort((a, b) => texts[b].length - texts[a].length);
const batches = [];
for (let i = 0; i < order.length; i += +batch) batches.push(order.slice(i, i + +batch));
const mine = batches.filter((_, i) => i % parts === part);

const session = await ort.InferenceSession.create(model, {
  intraOpNumThreads: +threads,
  interOpNumThreads: 1,
  graphOptimizationLevel: 'all',
  executionMode: 'sequential',
});

async function run(rows) {
  const tokens = Math.max(...rows.map((row) => texts[row].length));
  const shape = [rows.length, tokens];
  const ids = new BigInt64Array(rows.length * tokens);
  const mask = new BigInt64Array(rows.length * tokens);
  rows.forEach((row, r) => texts[row].forEach((id, t) => {
    ids[r * tokens + t] = BigInt(id);
    mask[r * tokens + t] = 1n;
  }));
  const tensor = (values) => new ort.Tensor('int64', values, shape);
  const types = new BigInt64Array(rows.length * tokens);
  const result = await session.run(
      {input_ids: tensor(ids), attention_mask: tensor(mask), token_type_ids: tensor(types)});
  return result.vectors.data;
}

for (const rows of mine.slice(0, 3)) await run(rows);  // Warm.
process.stderr.write('ready\n');
fs.readSync(0, Buffer.alloc(1));

const begin = performance.now();
const vectors = [];
for (const rows of mine) vectors.push(await run(rows));
const seconds = (performance.now() - begin) / 1e3;

if (vectorsFile) {
  const width = vectors[0].length / mine[0].length;
  const all = new Float32Array(texts.length * width);
  mine.forEach((rows, b) => rows.forEach(
      (row, r) => all.set(vectors[b].subarray(r * width, (r + 1) * width), row * width)));
  fs.writeFileSync(vectorsFile, Buffer.from(all.buffer));
}
const tokens = mine.flat().reduce((sum, row) => sum + texts[row].length, 0);
console.log(JSON.stringify({tokens, seconds}));
