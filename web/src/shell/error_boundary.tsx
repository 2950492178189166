// Catches what a page throws while it is drawn, so that the rest of the page stays.
import { Button, Stack } from '@mantine/core'
import { Component, type ReactNode } from 'react'

import { ErrorNote } from '../parts/notes'

interface ErrorBoundaryProps {
  /** Another page is another chance. */
  location: string
  children: ReactNode
}

interface ErrorBoundaryState {
  error: unknown
  location: string
}

export class ErrorBoundary extends Component<ErrorBoundaryProps, ErrorBoundaryState> {
  override state: ErrorBoundaryState = { error: null, location: this.props.location }

  static getDerivedStateFromError(error: unknown): Partial<ErrorBoundaryState> {
    return { error }
  }

  static getDerivedStateFromProps(
    props: ErrorBoundaryProps,
    state: ErrorBoundaryState,
  ): ErrorBoundaryState | null {
    return props.location === state.location ? null : { error: null, location: props.location }
  }

  override render(): ReactNode {
    if (this.state.error === null) return this.props.children
    // A part of the page that cannot be loaded is the usual cause: the server is another version.
    return (
      <Stack>
        <ErrorNote error={this.state.error} title="This page cannot be shown" />
        <div>
          <Button onClick={() => location.reload()}>Load the page anew</Button>
        </div>
      </Stack>
    )
  }
}
