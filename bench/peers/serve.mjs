// What the runners of the peers have in common: requests come as lines of JSON on standard input, and
// each is answered with a line on standard output.
//
//   {"count": N, "batch": B, "sorted": true, "part": 0, "parts": 1, "seconds_max": S, "vectors": F}
//
// The first N texts, B at a time. Sorted: the longest first, so that little is padded. Of several
// processes that share the work, this one does every PARTS-th batch from PART on. With seconds_max it
// stops early, after batches of all lengths. With vectors they are written, one row a text.
import fs from 'node:fs';
import readline from 'node:readline';

// A visit of 0 .. n-1 in steps that share no factor with n: lengths in all sizes come early.
function scattered(n) {
  const divisor = (a, b) => b === 0 ? a : divisor(b, a % b);
  let step = Math.max(1, Math.round(n * 0.618));
  while (divisor(n, step) !== 1) ++step;
  return Array.from({length: n}, (_, i) => i * step % n);
}

// `lengths`: what to sort by. `tokens`: how many a text has. `encode(rows)`: the vectors of these
// texts, one behind the other. `extra(rows)`: more to answer with, when vectors are asked for.
export async function serve({lengths, tokens, encode, extra}) {
  for await (const line of readline.createInterface({input: process.stdin})) {
    const request = JSON.parse(line);
    const order = [...lengths.keys()].slice(0, request.count);
    if (request.sorted) order.sort((a, b) => lengths[b] - lengths[a]);
    let batches = [];
    for (let i = 0; i < order.length; i += request.batch)
      batches.push(order.slice(i, i + request.batch));
    batches = batches.filter((_, i) => i % request.parts === request.part);
    if (request.seconds_max) batches = scattered(batches.length).map((i) => batches[i]);

    const begin = performance.now();
    const seconds = () => (performance.now() - begin) / 1e3;
    const vectors = [];
    let tokenCount = 0;
    for (const rows of batches) {
      vectors.push(await encode(rows));
      tokenCount += rows.reduce((sum, row) => sum + tokens[row], 0);
      if (request.seconds_max && seconds() > request.seconds_max) break;
    }
    const answer = {tokens: tokenCount, seconds: seconds()};
    if (request.vectors) {
      const width = vectors[0].length / batches[0].length;
      const all = new Float32Array(order.length * width);
      batches.forEach((rows, b) => rows.forEach(
          (row, r) => all.set(vectors[b].subarray(r * width, (r + 1) * width), row * width)));
      fs.writeFileSync(request.vectors, Buffer.from(all.buffer));
      if (extra) Object.assign(answer, await extra([...order.keys()]));
    }
    process.stdout.write(JSON.stringify(answer) + '\n');
  }
}
