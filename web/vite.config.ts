import react from '@vitejs/plugin-react'
import { defineConfig } from 'vitest/config'

// `npm run dev` serves the page and hands the API on to a running `colvec serve`, which answers its
// own page only: so requests must not look as if they came from another.
const toServer = {
  target: process.env.COLVEC_SERVER_URL ?? 'http://127.0.0.1:8080',
  changeOrigin: true,
  configure: (proxy: { on: (event: 'proxyReq', run: (request: Outgoing) => void) => void }) =>
    proxy.on('proxyReq', (request) => {
      for (const header of ['origin', 'referer', 'sec-fetch-site']) request.removeHeader(header)
    }),
}
const proxy = { '/api': toServer, '/v1': toServer }

interface Outgoing {
  removeHeader: (name: string) => void
}

export default defineConfig({
  plugins: [react()],
  server: { proxy },
  preview: { proxy },
  // Files under assets/ have their content's hash in their name; no file is inlined, so that the
  // page needs no more than the policy "only from here".
  build: {
    target: 'es2022',
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    // The licences of what is built in want to be told along.
    license: { fileName: 'licences.txt' },
  },
  test: { environment: 'node', include: ['src/**/*_test.ts'] },
})
