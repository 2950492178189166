// `colvec serve` with a home of its own.
import { spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

export class Program {
  constructor(binary) {
    this.binary = binary
    this.folder = mkdtempSync(join(tmpdir(), 'colvec-page-'))
    this.data = join(this.folder, 'data')
    mkdirSync(this.data)
    this.process = null
    this.url = ''
    this.log = ''
  }

  /** Starts it, on the port that it had before where it was stopped. */
  async start(...options) {
    const port = this.url === '' ? '0' : new URL(this.url).port
    const where = [
      'serve',
      '--port',
      port,
      '--home',
      join(this.folder, 'home'),
      '--root',
      this.data,
    ]
    const child = spawn(this.binary, [...where, ...options], { stdio: ['ignore', 'pipe', 'pipe'] })
    this.process = child
    child.stderr.on('data', (bytes) => (this.log += bytes))
    this.url = await new Promise((resolve, reject) => {
      let text = ''
      child.stdout.on('data', (bytes) => {
        text += bytes
        const found = /colvec serves (\S+)/.exec(text)
        if (found !== null) resolve(found[1])
      })
      child.on('exit', (code) => reject(new Error(`colvec serve ended with ${code}: ${this.log}`)))
    })
  }

  async stop() {
    if (this.process === null || this.process.exitCode !== null) return
    const ended = new Promise((resolve) => this.process.on('exit', resolve))
    this.process.kill('SIGTERM')
    await ended
  }

  async remove() {
    await this.stop()
    rmSync(this.folder, { recursive: true, force: true })
  }
}
