// A way to another page that looks like a button.
import { Button, type ButtonProps } from '@mantine/core'
import type { ReactNode } from 'react'
import { Link } from 'wouter'

interface LinkButtonProps extends ButtonProps {
  to: string
  children: ReactNode
}

export function LinkButton({ to, children, ...props }: LinkButtonProps) {
  return (
    <Button component={Link} href={to} {...props}>
      {children}
    </Button>
  )
}
