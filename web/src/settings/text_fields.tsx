// Which texts are embedded, and by which key their rows are known.
import { Checkbox, MultiSelect, Select, SimpleGrid, Stack, TextInput } from '@mantine/core'

import { Panel } from '../parts/panel'
import type { FormPart } from './step_editor'

interface TextFieldsProps {
  part: FormPart
  column: string
  columns: string[]
  flaggedKey: string[]
}

export function TextFields({ part, column, columns, flaggedKey }: TextFieldsProps) {
  const { form, set, errorOf } = part
  const byDefault = flaggedKey.length === 0 ? 'no column is flagged' : flaggedKey.join(', ')
  return (
    <Panel title="Texts and keys">
      <SimpleGrid cols={{ base: 1, sm: 2 }}>
        <Select
          label="Text column"
          description="Empty: the column itself"
          placeholder={column}
          data={columns}
          clearable
          clearButtonProps={{ 'aria-label': 'The column itself' }}
          value={form.text_column === '' ? null : form.text_column}
          error={errorOf('text_column')}
          onChange={(value) => set({ text_column: value ?? '' })}
        />
        <MultiSelect
          label="Primary key columns"
          description={`Empty: the flagged ones (${byDefault})`}
          placeholder={form.primary_key_column.length === 0 ? flaggedKey.join(', ') : undefined}
          data={columns}
          clearable
          clearButtonProps={{ 'aria-label': 'The flagged columns' }}
          value={form.primary_key_column}
          error={errorOf('primary_key_column')}
          onChange={(value) => set({ primary_key_column: value })}
        />
        <Stack gap="xs">
          <Checkbox
            label="A prompt of its own"
            description="Else the model’s default prompt is put before each text"
            checked={form.prompt !== null}
            onChange={(event) => set({ prompt: event.currentTarget.checked ? '' : null })}
          />
          {form.prompt !== null && (
            <TextInput
              aria-label="Prompt"
              placeholder="passage: "
              value={form.prompt}
              error={errorOf('prompt')}
              onChange={(event) => set({ prompt: event.currentTarget.value })}
            />
          )}
        </Stack>
      </SimpleGrid>
    </Panel>
  )
}
