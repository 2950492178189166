// Asks for the token where the server needs one, and shows the page once it is right.
import { Button, Container, Paper, PasswordInput, Stack, Text, Title } from '@mantine/core'
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { useState, type FormEvent, type ReactNode } from 'react'

import { ApiError, keepToken, readToken } from '../api/client'
import { infoQuery } from '../api/queries'

export function TokenGate({ children }: { children: ReactNode }) {
  const info = useQuery(infoQuery())
  const isRefused = info.error instanceof ApiError && info.error.status === 401
  return isRefused ? <TokenForm /> : children
}

function TokenForm() {
  const client = useQueryClient()
  const [token, setToken] = useState('')
  const [wasRefused, setWasRefused] = useState(readToken() !== '')
  const submit = async (event: FormEvent) => {
    event.preventDefault()
    keepToken(token.trim())
    await client.resetQueries()
    setWasRefused(true)
  }
  return (
    <Container size={420} pt="20vh" component="main">
      <Paper withBorder p="xl" bg="var(--surface)">
        <form onSubmit={(event) => void submit(event)}>
          <Stack>
            <Title order={1} size="h3">
              This server needs a token
            </Title>
            <Text size="sm" c="dimmed">
              It is the first line of the file that colvec serve was given as --token-file. This tab
              keeps it until it is closed.
            </Text>
            <PasswordInput
              label="Token"
              value={token}
              error={wasRefused ? 'The server does not know this token' : undefined}
              onChange={(event) => setToken(event.currentTarget.value)}
              data-autofocus
              autoComplete="current-password"
            />
            <Button type="submit" disabled={token.trim() === ''}>
              Go on
            </Button>
          </Stack>
        </form>
      </Paper>
    </Container>
  )
}
