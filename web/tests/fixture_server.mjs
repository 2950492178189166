// A stand-in for `colvec serve` while the page is worked on: answers recorded from the command line
// (fixtures/), and jobs that only count. `node tests/fixture_server.mjs 8090` serves dist/ with it.
import { readFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import { extname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const here = fileURLToPath(new URL('.', import.meta.url))
const fixture = async (name) => JSON.parse(await readFile(join(here, 'fixtures', `${name}.json`)))
const dist = join(here, '..', 'dist')
const types = {
  '.html': 'text/html',
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.svg': 'image/svg+xml',
}
// As the real server has it.
const policy =
  "default-src 'self'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; " +
  "object-src 'none'; base-uri 'none'; form-action 'none'"

const dataset = await fixture('dataset')
const status = await fixture('status')
const runs = await fixture('runs')
const plan = await fixture('plan')
const found = await fixture('search')
const proposal = await fixture('proposal')
const jobs = []
const listeners = new Set()

class Refusal extends Error {
  constructor(code, text) {
    super(text)
    this.status = { 'not found': 404, 'invalid argument': 400, conflict: 409 }[code]
    this.code = code
  }
}

function tell(event, data) {
  for (const listener of listeners)
    listener.write(`event: ${event}\ndata: ${JSON.stringify(data)}\n\n`)
}

function startJob(kind, title) {
  const id = String(jobs.length + 1)
  const now = Date.now()
  const total = kind === 'refresh' ? 5821 : 5
  const job = {
    id,
    kind,
    title,
    dataset: 'products',
    state: 'running',
    created_ms: now,
    started_ms: now,
    finished_ms: null,
    error: null,
    result: null,
    progress: {
      phase: kind === 'refresh' ? 'embedding' : '',
      done: 0,
      total,
      per_second: 0,
      tokens_done: 0,
      tokens_per_second: 0,
      eta_seconds: 0,
    },
  }
  jobs.unshift(job)
  const timer = setInterval(() => {
    if (job.state === 'running') {
      const speed = 160 + 25 * Math.sin(job.progress.done / 400)
      const done = Math.min(total, job.progress.done + (kind === 'refresh' ? speed / 2 : 1))
      Object.assign(job.progress, {
        done: Math.round(done),
        per_second: speed,
        tokens_done: Math.round(done * 27),
        tokens_per_second: speed * 27,
        eta_seconds: (total - done) / speed,
      })
      if (done >= total) end(job, 'done')
    }
    if (job.state !== 'running') clearInterval(timer)
    tell('job', job)
  }, 500)
  tell('job', job)
  return { job }
}

function end(job, state) {
  job.state = state
  job.finished_ms = Date.now()
  if (state === 'done')
    job.result = job.kind === 'refresh' ? runs[0] : { files_before: 5, files_after: 1 }
}

function columnBrief(name) {
  const column = dataset.columns.find((each) => each.name === name)
  if (column === undefined)
    throw new Refusal('not found', `dataset products: no such column: ${name}`)
  const { preprocessing_steps: steps, ...flags } = column
  const of = status.columns.find((each) => each.column === name)
  return {
    is_primary_key: false,
    is_target: false,
    is_date_column: false,
    ...flags,
    embedding: steps?.params.embedding ?? null,
    active:
      of.fingerprint === ''
        ? null
        : { ...of, base_dimension: name === 'title' ? 384 : of.dimension },
    target: null,
  }
}

function columnDetails(name) {
  const column = columnBrief(name)
  const of = status.columns.find((each) => each.column === name)
  const run = runs.find((each) => each.columns.some((part) => part.column === name))
  const has = column.active !== null
  const store = {
    key_columns: ['product_id BIGINT'],
    keys: of.embedded,
    bytes: of.bytes,
    files: of.files,
    keys_version: 2,
    vectors_version: 4,
    models: [
      {
        model: 'fe0c11d69a715b922',
        name: of.model,
        precision: 'f32',
        dimension: of.dimension,
        vectors: of.vectors_stored,
        bytes: of.bytes,
        files: of.files,
        is_active: true,
      },
    ],
  }
  const history = ['CREATE TABLE', 'WRITE', 'WRITE', 'WRITE', 'WRITE'].map(
    (operation, version) => ({
      table: 'vectors',
      version,
      time_ms: 1795636209247 + version * 11000,
      operation,
      files_added: version === 0 ? 0 : 1,
      files_removed: 0,
      rows_added: version * 571,
      commit_id: '',
    }),
  )
  return {
    revision: dataset.revision,
    column,
    is_current: true,
    status: of,
    last_run: run ? { ...run, columns: run.columns.filter((part) => part.column === name) } : null,
    store: has ? store : null,
    store_error: null,
    history: has ? history.reverse() : [],
    tokens: has
      ? {
          texts: 5821,
          truncated: 51,
          truncated_share: 0.0088,
          tokens_mean: 27.75,
          tokens_max: 128,
          histogram: plan[0].token_histogram,
        }
      : null,
  }
}

function change(name, body) {
  const column = dataset.columns.find((each) => each.name === name)
  const { embedding, dry_run, refit, ...flags } = body
  if (embedding && Number(embedding.dimension) > 312) {
    throw new Refusal(
      'invalid argument',
      `column ${name}: embedding: dimension: must be 1 to 312, which the model ${embedding.model} has: ${embedding.dimension}`,
    )
  }
  if (!dry_run) {
    Object.assign(column, flags)
    if (embedding === null) delete column.preprocessing_steps
    else if (embedding) {
      const step = Object.fromEntries(
        Object.entries(embedding).filter(([, value]) => value !== null),
      )
      column.preprocessing_steps = { params: { embedding: step } }
    }
    dataset.revision += 1
    tell('dataset', { name: 'products', change: 'saved' })
  }
  return { revision: dataset.revision, saved: !dry_run, column: columnBrief(name) }
}

function map(color) {
  let seed = 1
  const random = () => (seed = (seed * 16807) % 2147483647) / 2147483647
  const points = Array.from({ length: 1500 }, (_, index) => {
    const cluster = index % 4
    const spread = () => (random() + random() + random() - 1.5) * 0.5
    return {
      x: [-1, 0.8, 0.2, -0.3][cluster] + spread(),
      y: [0.4, 0.7, -0.9, -0.1][cluster] + spread(),
      text: found.hits[index % found.hits.length].values[5],
      key: `product_id = ${10000 + index}`,
      color:
        color === 'shop'
          ? ['north', 'east', 'south', 'west'][cluster]
          : color === ''
            ? null
            : String(cluster * 10 + random() * 9),
    }
  })
  return { points, rows: 5939, variance_explained: 0.231 }
}

const models = [
  {
    name: 'builtin:lexical',
    label: 'builtin:lexical',
    kind: 'lexical',
    dimension: 384,
    tokens_max: 0,
    bytes: 0,
  },
  {
    name: '/srv/models/tinybert-4L-312D-synthetic-words',
    label: 'tinybert-4L-312D-synthetic-words',
    kind: 'transformer',
    family: 'bert',
    dimension: 312,
    tokens_max: 128,
    bytes: 38600000,
  },
  {
    name: 'intfloat/e5-small-v2',
    label: 'intfloat/e5-small-v2',
    is_cached: true,
    kind: 'transformer',
    family: 'bert',
    dimension: 384,
    tokens_max: 512,
    bytes: 133000000,
  },
]
const served = [
  {
    id: 'builtin:lexical',
    dimensions: [384],
    tokens_max: 0,
    precision: 'f32',
    kind: 'lexical',
    fingerprint: '',
  },
]
const preview = () => ({
  columns: dataset.columns.map(({ name, type }) => ({ name, type })),
  rows: [['1', '2024-01-01', 'east', '71.49', '<b>bold</b>', null], ...proposal.preview.slice(1)],
})
const summary = () => ({
  name: 'products',
  source: dataset.source,
  columns: dataset.columns.length,
  embedded_columns: 2,
  remote: '',
  rows: status.rows,
  bytes: 10008059,
  status: 'ready',
  detail: '',
  last_run: status.last_run,
  is_current: true,
  running_job: jobs.find((job) => job.state === 'running') ?? null,
})
const files = (path) =>
  path === ''
    ? {
        path: null,
        parent: null,
        folders: [{ name: '/srv/data', path: '/srv/data' }],
        files: [],
        tables: [],
        is_cut: false,
      }
    : {
        path,
        parent: null,
        folders: [],
        tables: [],
        is_cut: false,
        files: [
          {
            name: 'products.csv',
            path: '/srv/data/products.csv',
            kind: 'table',
            bytes: 912345,
            modified_ms: 0,
          },
        ],
      }

const routes = [
  [
    'GET',
    '/info',
    () => ({
      version: 'colvec/0.1.0',
      home: '/srv/home',
      roots: ['/srv/data'],
      needs_token: false,
      threads: 2,
      uptime_seconds: 1,
    }),
  ],
  ['GET', '/datasets', () => [summary()]],
  [
    'POST',
    '/datasets/propose',
    () => ({ ...proposal, dataset: { ...proposal.dataset, name: 'products2' } }),
  ],
  ['GET', '/datasets/products', () => dataset],
  ['GET', '/datasets/products/status', () => status],
  ['GET', '/datasets/products/runs', () => runs],
  ['GET', '/datasets/products/preview', preview],
  ['POST', '/datasets/products/refresh', () => startJob('refresh', 'Refresh products')],
  ['GET', '/datasets/products/columns/:column', ({ column }) => columnDetails(column)],
  ['PATCH', '/datasets/products/columns/:column', ({ column }, body) => change(column, body)],
  ['POST', '/datasets/products/columns/:column/plan', () => plan],
  ['POST', '/datasets/products/columns/:column/search', () => found],
  [
    'POST',
    '/datasets/products/columns/:column/compact',
    ({ column }) => startJob('compact', `Compact products: ${column}`),
  ],
  [
    'GET',
    '/datasets/products/columns/:column/map',
    (_, __, query) => map(query.get('color') ?? ''),
  ],
  ['GET', '/jobs', () => jobs],
  [
    'POST',
    '/jobs/:id/cancel',
    ({ id }) => {
      const job = jobs.find((each) => each.id === id)
      end(job, 'cancelled')
      return job
    },
  ],
  ['GET', '/models', () => models],
  ['GET', '/files', (_, __, query) => files(query.get('path') ?? '')],
]

function match(method, path) {
  for (const [wanted, pattern, run] of routes) {
    const parts = pattern.split('/')
    const given = path.split('/')
    if (wanted !== method || parts.length !== given.length) continue
    const parameters = {}
    const fits = parts.every((part, index) => {
      if (!part.startsWith(':')) return part === given[index]
      parameters[part.slice(1)] = decodeURIComponent(given[index])
      return true
    })
    if (fits) return { run, parameters }
  }
  return null
}

async function answer(request, response) {
  const url = new URL(request.url, 'http://localhost')
  response.setHeader('Content-Security-Policy', policy)
  if (url.pathname === '/v1/models') {
    return response.end(JSON.stringify({ object: 'list', data: served }))
  }
  if (!url.pathname.startsWith('/api/v1')) return servePage(url.pathname, response)
  const path = url.pathname.slice('/api/v1'.length)
  if (path === '/events') {
    response.writeHead(200, { 'Content-Type': 'text/event-stream' })
    response.write(': hello\n\n')
    listeners.add(response)
    return request.on('close', () => listeners.delete(response))
  }
  const send = (code, json) =>
    response.writeHead(code, { 'Content-Type': 'application/json' }).end(JSON.stringify(json))
  let text = ''
  for await (const chunk of request) text += chunk
  const found = match(request.method, path)
  try {
    if (found === null) throw new Refusal('not found', `no such route: ${path}`)
    send(200, found.run(found.parameters, text === '' ? null : JSON.parse(text), url.searchParams))
  } catch (error) {
    send(error.status ?? 500, { error: { code: error.code ?? 'io', message: error.message } })
  }
}

async function servePage(path, response) {
  const isPlace = path.startsWith('/datasets/') || extname(path) === ''
  const file = isPlace ? '/index.html' : path
  try {
    const bytes = await readFile(join(dist, file))
    response
      .writeHead(200, { 'Content-Type': types[extname(file)] ?? 'application/octet-stream' })
      .end(bytes)
  } catch {
    response.writeHead(404).end()
  }
}

const port = Number(process.argv[2] ?? 8090)
createServer((request, response) => void answer(request, response)).listen(port, '127.0.0.1')
