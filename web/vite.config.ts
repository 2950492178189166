import react from '@vitejs/plugin-react'
import { defineConfig } from 'vitest/config'

// `npm run dev` serves the page and hands the API to a running `colvec serve`.
const server = process.env.COLVEC_SERVER_URL ?? 'http://127.0.0.1:8080'

export default defineConfig({
  plugins: [react()],
  server: { proxy: { '/api': { target: server, changeOrigin: true } } },
  // Files under assets/ have their content's hash in their name; no file is inlined, so that the
  // page needs no more than the policy "only from here".
  build: { target: 'es2022', assetsInlineLimit: 0, modulePreload: { polyfill: false } },
  test: { environment: 'node', include: ['src/**/*_test.ts'] },
})
