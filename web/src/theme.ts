// Colours and sizes. Every text has a contrast of at least 4.5 to what it stands on.
import { createTheme, type MantineColorsTuple } from '@mantine/core'

const petrol: MantineColorsTuple = [
  '#e8f6f8',
  '#cfeaee',
  '#a3d7df',
  '#72c2ce',
  '#4aafbf',
  '#24919f',
  '#127c8e',
  '#0b6b7b',
  '#095866',
  '#07454f',
]

// From the lightest text to the darkest ground, with a little blue.
const dark: MantineColorsTuple = [
  '#dbe1e7',
  '#b6bfc8',
  '#9da7b1',
  '#6b7680',
  '#3d4650',
  '#2f363e',
  '#222931',
  '#1a1f25',
  '#14191e',
  '#0f1317',
]

const system = "system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', Arial, sans-serif"

export const theme = createTheme({
  primaryColor: 'petrol',
  primaryShade: { light: 7, dark: 6 },
  colors: { petrol, dark },
  fontFamily: system,
  fontFamilyMonospace: "ui-monospace, 'SF Mono', 'Cascadia Mono', Menlo, Consolas, monospace",
  headings: { fontFamily: system, fontWeight: '650' },
  defaultRadius: 'md',
  cursorType: 'pointer',
})
