import './mantine.css'
import './page.css'
import './parts/hues.css'

import { MantineProvider } from '@mantine/core'
import { QueryCache, QueryClient, QueryClientProvider } from '@tanstack/react-query'
import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'

import { ApiError } from './api/client'
import { keys } from './api/queries'
import { App } from './app'
import { theme } from './theme'

const client: QueryClient = new QueryClient({
  queryCache: new QueryCache({
    // A token that is not known any more: the next answer to this makes the page ask for it.
    onError: (error, query) => {
      if (error instanceof ApiError && error.status === 401 && query.queryKey[0] !== keys.info[0]) {
        void client.invalidateQueries({ queryKey: keys.info })
      }
    },
  }),
  defaultOptions: {
    queries: {
      staleTime: 5_000,
      // What the server has understood and refused does not become right by itself; what it does
      // not know yet, it will.
      retry: (failures, error) =>
        (error instanceof ApiError && error.code === 'service unavailable') ||
        (failures < 2 && !(error instanceof ApiError && error.status >= 400 && error.status < 500)),
    },
  },
})

createRoot(document.getElementById('root') as HTMLElement).render(
  <StrictMode>
    <MantineProvider theme={theme} defaultColorScheme="auto">
      <QueryClientProvider client={client}>
        <App />
      </QueryClientProvider>
    </MantineProvider>
  </StrictMode>,
)
