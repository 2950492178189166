// Debian's Chromium, one page of it, and what must never happen on that page.
import { mkdirSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'

import { chromium } from 'playwright-core'

const axePath = createRequire(import.meta.url).resolve('axe-core/axe.min.js')

// A closed network: the browser is not to look for its maker's hosts.
const flags = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
]

export const sizes = {
  wide: { width: 1280, height: 850 },
  phone: { width: 390, height: 844 },
}

export async function openBrowser(executablePath) {
  return chromium.launch({ executablePath, args: flags })
}

/** A page that remembers errors of the console, refused requests, and requests to elsewhere. */
export async function openPage(browser, url, { size = sizes.wide, colorScheme = 'light' } = {}) {
  const context = await browser.newContext({ viewport: size, colorScheme, baseURL: url })
  const page = await context.newPage()
  const faults = { errors: [], refused: [], elsewhere: [] }
  page.on('pageerror', (error) => faults.errors.push(error.message))
  page.on('console', (message) => {
    // What the server refuses is in `refused`: the browser tells of it on the console too.
    const isRefusal = message.text().startsWith('Failed to load resource')
    if (['error', 'warning'].includes(message.type()) && !isRefusal)
      faults.errors.push(message.text())
  })
  page.on('response', (response) => {
    if (response.status() < 400) return
    const request = response.request()
    faults.refused.push(
      `${response.status()} ${request.method()} ${new URL(response.url()).pathname}`,
    )
  })
  page.on('request', (request) => {
    if (new URL(request.url()).origin !== new URL(url).origin) faults.elsewhere.push(request.url())
  })
  return { page, faults, context }
}

/**
 * Waits until no part of the page is loading, and what came is drawn: a part may load another. The
 * network is never idle, for the events.
 */
export async function loaded(page) {
  const drawn = () => page.evaluate(() => new Promise((done) => setTimeout(done, 100)))
  const loading = page.getByText('Loading', { exact: false })
  do {
    await loading.first().waitFor({ state: 'detached' })
    await drawn()
  } while ((await loading.count()) > 0)
}

/** What axe-core finds, each as "rule: element". */
export async function axeViolations(page) {
  // The policy of the page allows no script but its own: axe comes through the debugger.
  await page.evaluate((await import('node:fs')).readFileSync(axePath, 'utf8'))
  const { violations } = await page.evaluate(() =>
    window.axe.run(document, {
      runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'],
    }),
  )
  return violations.flatMap(({ id, impact, nodes }) =>
    nodes.map(
      (node) => `${id} (${impact}): ${node.html.slice(0, 160)} ${node.failureSummary ?? ''}`,
    ),
  )
}

/** How far the page can be scrolled sideways, in pixels. */
export function sidewaysScroll(page) {
  return page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth)
}

export class Album {
  constructor(folder) {
    this.folder = folder
    mkdirSync(folder, { recursive: true })
  }

  async take(page, name) {
    await page.screenshot({ path: join(this.folder, `${name}.png`), fullPage: true })
  }
}
