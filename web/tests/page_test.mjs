// The page in a real browser, with a real `colvec serve`: what a user does, from a file to a search.
//
//   COLVEC_PROGRAM   the program; it has the page built in
//   COLVEC_SERVER_URL, COLVEC_SAMPLES   in its place: a page with an empty home that is served
//                    already (`npm run preview`), and a folder below its roots to write tables to
//   COLVEC_MODEL     a model folder below the roots; default: testdata/models/tiny-bert/model
//   COLVEC_TIMEOUT_MS    how long a step may take; default: 30 s
//   COLVEC_SCREENSHOTS   where pictures go; default: tests/screenshots
import assert from 'node:assert/strict'
import { cpSync, existsSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { fileURLToPath } from 'node:url'

import {
  Album,
  axeViolations,
  loaded,
  openBrowser,
  openPage,
  sidewaysScroll,
  sizes,
} from './support/browser.mjs'
import { Program } from './support/program.mjs'
import {
  hostileText,
  oddNames,
  textOfRow,
  writeOddNames,
  writeProducts,
} from './support/samples.mjs'

const here = fileURLToPath(new URL('.', import.meta.url))
const chromium = process.env.CHROMIUM ?? '/usr/bin/chromium'
const binary = process.env.COLVEC_PROGRAM
const isElsewhere = process.env.COLVEC_SERVER_URL !== undefined
const rows = 96_000 // So many that a refresh is still at work when it is cancelled.
const album = new Album(process.env.COLVEC_SCREENSHOTS ?? join(here, 'screenshots'))

function skip(why) {
  console.log(`SKIPPED: ${why}`)
  process.exit(77)
}
if (!existsSync(chromium)) skip(`no browser: ${chromium}`)
if (binary === undefined && !isElsewhere)
  skip('neither COLVEC_PROGRAM nor COLVEC_SERVER_URL is set')

let program = null
let url = process.env.COLVEC_SERVER_URL
let data = process.env.COLVEC_SAMPLES
let browser, page, faults, model

const button = (name) => page.getByRole('button', { name, exact: true })
const link = (name) => page.getByRole('link', { name, exact: true })
const field = (name) => page.getByLabel(name, { exact: true })
const heading = (name) => page.getByRole('heading', { level: 1, name, exact: true })
const row = (name) => page.getByRole('row').filter({ has: page.getByRole('rowheader', { name }) })

async function choose(label, option) {
  await page.getByRole('combobox', { name: label }).click()
  await page.getByRole('option', { name: option, exact: true }).click()
}

async function open(path, title) {
  await page.goto(path)
  await heading(title).waitFor()
}

/** What the API answers to a POST, past the page. */
async function post(path, body) {
  const answer = await fetch(`${url}/api/v1${path}`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  })
  assert.ok(answer.ok, `${path}: ${answer.status}`)
  return answer.json()
}

/** Waits for the answer to the change that `act` makes. */
async function saved(act) {
  const answer = page.waitForResponse((response) => response.request().method() === 'PATCH')
  await act()
  assert.equal((await answer).status(), 200)
}

before(async () => {
  if (!isElsewhere) {
    program = new Program(binary)
    await program.start()
    ;({ url, data } = program)
    if ((await fetch(url)).status === 404) {
      await program.remove()
      skip('this program was built without the page')
    }
  }
  model = process.env.COLVEC_MODEL ?? join(data, 'tiny-bert')
  if (!existsSync(model))
    cpSync(join(here, '../../testdata/models/tiny-bert/model'), model, { recursive: true })
  writeProducts(data, rows)
  browser = await openBrowser(chromium)
  ;({ page, faults } = await openPage(browser, url))
  page.setDefaultTimeout(Number(process.env.COLVEC_TIMEOUT_MS ?? 30_000))
})

after(async () => {
  await browser?.close()
  await program?.remove()
})

// Each step goes on where the one before has left the page.
let hasFailed = false
function step(name, run) {
  test(name, async (context) => {
    if (hasFailed) return context.skip('a step before went wrong')
    hasFailed = true
    await run().catch(async (error) => {
      await album.take(page, 'failed')
      throw error
    })
    hasFailed = false
  })
}

describe('the page', { concurrency: false }, () => {
  step('says what to do where there is no dataset', async () => {
    await open('/', 'Datasets')
    await page.getByText('No dataset yet').waitFor()
    await album.take(page, 'datasets_empty')
  })

  step('adds a dataset from a file that is found by browsing', async () => {
    await link('Add a dataset').first().click()
    await heading('Add a dataset').waitFor()
    await button('Browse').click()
    await button(data).click()
    await page.getByRole('button', { name: /^products\.csv/ }).click()
    await page.getByText('96,000 rows, 5 columns').waitFor()
    assert.equal(await field('product_id: Primary key').isChecked(), true)
    assert.equal(await field('listed_on: Date').isChecked(), true)
    await field('price: Target').check()
    await page.getByRole('cell', { name: hostileText }).waitFor()
    await album.take(page, 'add_dataset')
    await button('Add the dataset').click()
    await heading('products').waitFor()
    await row('description').getByText('not configured').waitFor()
    await page.getByText('No column has an embedding yet').waitFor()
  })

  step('shows text of users as text', async () => {
    await page.getByRole('tab', { name: 'Rows' }).click()
    await page.getByRole('cell', { name: hostileText }).waitFor()
    assert.match(await page.title(), /^products/)
    await album.take(page, 'rows')
    await page.getByRole('tab', { name: 'Columns' }).click()
  })

  step('turns a flag on and off', async () => {
    const flag = field('shop: Primary key')
    await saved(() => flag.click())
    await page.reload()
    await flag.waitFor()
    assert.equal(await flag.isChecked(), true)
    await saved(() => flag.click())
    await page.reload()
    await flag.waitFor()
    assert.equal(await flag.isChecked(), false)
  })

  step('refuses a wrong dimension beside its field, and takes a right one', async () => {
    await page.getByRole('link', { name: 'Settings of description' }).click()
    await heading('Settings of description').waitFor()
    await page.getByRole('combobox', { name: 'Model' }).fill(model)
    await field('Dimension').fill('9999')
    await page
      .getByText(/must be .*: 9999/)
      .first()
      .waitFor()
    assert.equal(await field('Dimension').getAttribute('aria-invalid'), 'true')
    assert.equal(await button('Save').isDisabled(), true)
    await album.take(page, 'settings_wrong')
    await field('Dimension').fill('16')
    await page.getByText('These settings are valid').waitFor()
    const refused = faults.refused.splice(0)
    assert.ok(refused.length > 0)
    assert.ok(
      refused.every((line) => /^4\d\d PATCH .*\/columns\/description$/.test(line)),
      `${refused}`,
    )
  })

  step('plans before it saves', async () => {
    await button('Plan').click()
    await page.getByRole('heading', { name: 'Plan' }).waitFor()
    await page.getByText('Texts to embed').waitFor()
    await album.take(page, 'settings_plan')
    await button('Save').click()
    await page.getByText('The vectors stay as they are until the next refresh').waitFor()
    await link('go to products').click()
    await row('description').getByText('empty', { exact: true }).waitFor()
  })

  step('refreshes with visible progress, and cancels', async () => {
    await button('Refresh').click()
    const bar = page.getByRole('progressbar', { name: 'Refresh products' })
    await bar.waitFor()
    await page.waitForFunction(() => {
      const now = document
        .querySelector('section [role=progressbar]')
        ?.getAttribute('aria-valuenow')
      return Number(now) > 0 && Number(now) < 100
    })
    await page
      .getByText(/rows\/s/)
      .first()
      .waitFor()
    await album.take(page, 'refresh')
    await button('Cancel').click()
    await bar.waitFor({ state: 'detached' })
    await row('description').getByText('partial', { exact: true }).waitFor()
    await album.take(page, 'cancelled')
  })

  step('goes on where it was cancelled, until the column is ready', async () => {
    await button('Refresh').click()
    await row('description').getByText('ready', { exact: true }).waitFor({ timeout: 300_000 })
    await row('description').getByText('16', { exact: true }).waitFor()
    await row('description').getByRole('meter').waitFor()
    await album.take(page, 'dataset')
  })

  step('lists what the runs did', async () => {
    await page.getByRole('tab', { name: 'Runs' }).click()
    await page.getByText('cancelled').first().waitFor()
    await page.getByText('Time by stage').first().waitFor()
    await page.getByText('null', { exact: true }).first().click()
    await page.getByText('product_id = 1007').first().waitFor()
    await album.take(page, 'runs')
  })

  step('shows all there is to know of a column', async () => {
    await open('/datasets/products/columns/description', 'description')
    await page.getByText('shortened from').waitFor()
    await page.getByText('Tokens per text').waitFor()
    await page.getByText(/\d texts truncated/).waitFor()
    await choose('Colour by', 'shop')
    await page.getByRole('list', { name: 'Colours by shop' }).getByText('north').waitFor()
    const map = page.getByRole('application')
    await map.focus()
    await page.keyboard.press('ArrowRight')
    await map
      .getByText(/product_id = \d+/)
      .first()
      .waitFor()
    await album.take(page, 'column')
  })

  step('finds the row that has the text', async () => {
    await link('Search').last().click()
    await heading('Search').waitFor()
    await field('Text').fill(textOfRow(1234))
    await field('Only rows where').fill('product_id = 2234')
    await button('Search').click()
    await page.getByText(/nearest rows? of/).waitFor()
    const found = page.locator('ol > li')
    await found.getByText('2234', { exact: true }).waitFor()
    assert.equal(await found.count(), 1)
    // Not 1: the model has a prompt for queries, and another for what is searched.
    assert.match(await found.innerText(), /^Score\n0\.[5-9]\d{3}\n/)
    await album.take(page, 'search')
    await field('Only rows where').fill('no_such_column = 1')
    await button('Search').click()
    await page.getByText('The search failed').waitFor()
    assert.match(faults.refused.splice(0).join(), /^400 POST .*\/search$/)
  })

  step('lists jobs, and compacts a store as one', async () => {
    await open('/datasets/products/store', 'products')
    const started = page.waitForResponse((response) => response.url().endsWith('/compact'))
    await button('Compact').click()
    assert.equal((await started).status(), 202)
    await page.getByText(/^Compacted just now: \d+ files became \d+$/).waitFor()
    await open('/jobs', 'Jobs')
    await row('Compact products: description').getByText('done', { exact: true }).waitFor()
    await row('Refresh products').getByText('cancelled', { exact: true }).waitFor()
    await album.take(page, 'jobs')
  })

  step('tells of a deployment that failed, until one is good', async () => {
    const deploy = async (folder) => {
      await button('More for products').click()
      await page.getByRole('menuitem', { name: 'Deploy a bundle' }).click()
      await field('Folder').fill(join(data, folder))
      await button('Deploy').click()
    }
    await open('/datasets/products', 'products')
    await deploy('products.csv')
    const failed = page.getByRole('alert').filter({ hasText: /^Deploy products to .* failed/ })
    await failed.getByText('products.csv: File exists').waitFor()
    await album.take(page, 'deploy_failed')
    await deploy('bundle')
    await failed.waitFor({ state: 'detached' })
    await page.getByRole('progressbar').waitFor({ state: 'detached' })
  })

  step('renames a dataset and removes it', async () => {
    await open('/datasets/products', 'products')
    for (const [from, to] of [
      ['products', 'goods'],
      ['goods', 'products'],
    ]) {
      await button(`More for ${from}`).click()
      await page.getByRole('menuitem', { name: 'Rename' }).click()
      await field('New name').fill(to)
      await button('Rename').click()
      await heading(to).waitFor()
    }
    await button('More for products').click()
    await page.getByRole('menuitem', { name: 'Remove' }).click()
    assert.equal(await button('Remove').isDisabled(), true)
    await album.take(page, 'remove')
    await button('Leave it').click()
  })

  step('opens datasets and columns whatever their names', async () => {
    const name = 'Q&A / v1.2, 50 % #1'
    const here = async (title) => {
      await heading(title).waitFor()
      await page.reload()
      await heading(title).waitFor()
    }
    const source = { path: writeOddNames(data) }
    const { dataset } = await post('/datasets/propose', { name, source })
    await post('/datasets', { dataset })
    faults.refused.splice(0)
    await open('/', 'Datasets')
    await link(name).click()
    await here(name)
    for (const column of oddNames) {
      await link(column).click()
      await here(column)
      await link('Settings').click()
      await here(`Settings of ${column}`)
      await page.getByRole('combobox', { name: 'Model' }).fill('builtin:lexical')
      await button('Save').click()
      await link(`go to ${name}`).click()
      await heading(name).waitFor()
    }
    await button('Refresh').click()
    for (const column of oddNames) await row(column).getByText('ready', { exact: true }).waitFor()
    await page.getByRole('tab', { name: 'Store' }).click()
    await here(name)
    for (const column of oddNames) {
      const store = page.getByRole('region', { name: `Store of ${column}`, exact: true })
      await store.getByText('1 model').waitFor()
      const started = page.waitForResponse((response) => response.url().endsWith('/compact'))
      await store.getByRole('button', { name: 'Compact' }).click()
      assert.equal((await started).status(), 202)
    }
    await album.take(page, 'odd_names')
    await page.getByRole('progressbar').first().waitFor({ state: 'detached' })
    for (const column of oddNames) {
      await loaded(page) // What comes moves the links that are there.
      await link(`Details of ${column}`).click()
      await page.getByRole('main').getByRole('link', { name: 'Search', exact: true }).click()
      await here('Search')
      await page.waitForFunction(
        (chosen) => [...document.querySelectorAll('input')].some(({ value }) => value === chosen),
        column,
      )
      await field('Text').fill(`${column} of row 7`)
      await button('Search').click()
      await page.getByText('The 10 nearest rows of 20 rows').waitFor()
      await page.goto(`/datasets/${encodeURIComponent(name)}/store`)
      await heading(name).waitFor()
    }
    assert.deepEqual(faults.refused, [])
    await fetch(`${url}/api/v1/datasets/${encodeURIComponent(name)}`, { method: 'DELETE' })
  })
})

const pages = [
  ['datasets', '/', 'Datasets'],
  ['add', '/add', 'Add a dataset'],
  ['dataset', '/datasets/products', 'products'],
  ['rows', '/datasets/products/rows', 'products'],
  ['runs', '/datasets/products/runs', 'products'],
  ['store', '/datasets/products/store', 'products'],
  ['column', '/datasets/products/columns/description', 'description'],
  ['column_without', '/datasets/products/columns/shop', 'shop'],
  ['settings', '/datasets/products/columns/description/settings', 'Settings of description'],
  ['search', '/search', 'Search'],
  ['jobs', '/jobs', 'Jobs'],
  ['models', '/models', 'Models'],
  ['nothing', '/datasets/none', 'Nothing here'],
]
const looks = [
  ['light', { colorScheme: 'light' }],
  ['dark', { colorScheme: 'dark' }],
  ['phone', { colorScheme: 'light', size: sizes.phone }],
]

describe('every page', { concurrency: false }, () => {
  for (const [look, options] of looks) {
    test(`has nothing that axe-core finds, and fits, ${look}`, async () => {
      const opened = await openPage(browser, url, options)
      for (const [name, path, title] of pages) {
        await opened.page.goto(path)
        await opened.page.getByRole('heading', { level: 1, name: title, exact: true }).waitFor()
        await loaded(opened.page)
        assert.deepEqual(await axeViolations(opened.page), [], `${name}, ${look}`)
        assert.ok((await sidewaysScroll(opened.page)) <= 0, `${name}, ${look}: scrolls sideways`)
        await album.take(opened.page, `${name}_${look}`)
      }
      assert.deepEqual(opened.faults.errors, [])
      assert.deepEqual(opened.faults.elsewhere, [])
      await opened.context.close()
    })
  }
})

describe('a user without a mouse', { concurrency: false }, () => {
  test('gets to the content at once, and turns a flag', async () => {
    await open('/datasets/products', 'products')
    await page.keyboard.press('Tab')
    assert.equal(
      await page.evaluate(() => document.activeElement?.textContent),
      'Go to the content',
    )
    await field('shop: Target').focus()
    await page.keyboard.press('Space')
    await page.waitForFunction(() => document.querySelector('[aria-label="shop: Target"]')?.checked)
    await page.keyboard.press('Space')
  })

  test('opens and leaves the menu of a dataset', async () => {
    await button('More for products').focus()
    await page.keyboard.press('Enter')
    await page.getByRole('menuitem', { name: 'Rename' }).waitFor()
    await page.keyboard.press('Escape')
    await page.getByRole('menuitem', { name: 'Rename' }).waitFor({ state: 'detached' })
  })
})

describe('the page, when something is wrong', { concurrency: false }, () => {
  test('says what the server said, and tries again', async () => {
    const opened = await openPage(browser, url)
    let fails = true
    const body = JSON.stringify({
      error: { code: 'corruption', message: 'keys/x.parquet: checksum' },
    })
    await opened.page.route('**/api/v1/datasets', (route) =>
      fails
        ? route.fulfill({ status: 500, contentType: 'application/json', body })
        : route.continue(),
    )
    await opened.page.goto('/')
    await opened.page.getByText('keys/x.parquet: checksum').waitFor({ timeout: 20_000 })
    assert.deepEqual(await axeViolations(opened.page), [])
    await album.take(opened.page, 'error')
    fails = false
    await opened.page.getByRole('button', { name: 'Try again' }).click()
    const known = opened.page.getByRole('link', { name: 'products', exact: true })
    await known.waitFor()
    // What it knows stays, where that cannot be read anew: the end of a job is the occasion.
    fails = true
    await post('/datasets/products/columns/description/compact')
    await opened.page
      .getByText('Cannot read datasets anew: what is shown is older')
      .waitFor({ timeout: 20_000 })
    assert.equal(await known.isVisible(), true)
    await album.take(opened.page, 'error_with_data')
    fails = false
    await opened.page.getByRole('button', { name: 'Try again' }).click()
    await opened.page.getByText('Cannot read datasets').waitFor({ state: 'detached' })
    await opened.context.close()
  })

  test('says why a bench failed', async () => {
    const opened = await openPage(browser, url)
    const job = {
      id: 'x-1',
      kind: 'bench',
      title: 'Bench builtin:lexical',
      dataset: '',
      state: 'failed',
      created_ms: 1,
      started_ms: 1,
      finished_ms: 2,
      progress: {},
      error: { code: 'input/output', message: 'no memory for a batch of 64' },
      result: null,
    }
    await opened.page.route('**/api/v1/jobs', (route) => route.fulfill({ json: [job] }))
    await opened.page.goto('/models')
    await opened.page.getByText('no memory for a batch of 64').waitFor()
    await opened.page.getByRole('button', { name: 'Bench builtin:lexical' }).waitFor()
    await opened.context.close()
  })

  test('connects again after the server was away', { skip: isElsewhere }, async () => {
    await open('/jobs', 'Jobs')
    await page.getByText('Live', { exact: true }).waitFor()
    await program.stop()
    await page.getByText('Connecting').waitFor()
    await program.start()
    await page.getByText('Live', { exact: true }).waitFor({ timeout: 60_000 })
  })

  test('asks for the token where the server needs one', { skip: isElsewhere }, async () => {
    const { writeFileSync } = await import('node:fs')
    const guarded = new Program(binary)
    const token = 'a token of the page test'
    writeFileSync(join(guarded.folder, 'token'), `${token}\n`)
    await guarded.start('--token-file', join(guarded.folder, 'token'))
    const opened = await openPage(browser, guarded.url)
    await opened.page.goto('/')
    await opened.page.getByLabel('Token', { exact: true }).fill('another token that is wrong')
    await opened.page.getByRole('button', { name: 'Go on' }).click()
    await opened.page.getByText('The server does not know this token').waitFor()
    assert.deepEqual(await axeViolations(opened.page), [])
    await album.take(opened.page, 'token')
    await opened.page.getByLabel('Token', { exact: true }).fill(token)
    await opened.page.getByRole('button', { name: 'Go on' }).click()
    await opened.page.getByText('No dataset yet').waitFor()
    await opened.page.getByText('Live', { exact: true }).waitFor()
    await opened.context.close()
    await guarded.remove()
  })
})

test('nothing went wrong unseen, and nothing was asked for elsewhere', () => {
  assert.deepEqual(faults.errors, [])
  assert.deepEqual(faults.elsewhere, [])
})
