// What becomes of rows with issues, and how vectors are kept and handed out.
import { Checkbox, Group, Select, SimpleGrid } from '@mantine/core'

import type { Policy } from '../api/types'
import { Panel } from '../parts/panel'
import type { FormPart } from './step_editor'
import type { StepForm } from './step_form'

type PolicyField = 'on_null' | 'on_empty' | 'on_truncate' | 'on_bad_vector'

const policies: { field: PolicyField; label: string; hint: string }[] = [
  { field: 'on_null', label: 'A text that is NULL', hint: 'on_null' },
  { field: 'on_empty', label: 'A text that is empty', hint: 'on_empty' },
  { field: 'on_truncate', label: 'A text that is too long', hint: 'on_truncate' },
  { field: 'on_bad_vector', label: 'A vector that is not finite', hint: 'on_bad_vector' },
]

const switches: { field: 'normalize' | 'explode' | 'store_text'; label: string; hint: string }[] = [
  { field: 'normalize', label: 'Normalise', hint: 'Vectors of length 1' },
  { field: 'explode', label: 'Explode', hint: 'A column for each number, in the place of a list' },
  { field: 'store_text', label: 'Store the texts', hint: 'Else the store keeps only their hashes' },
]

export function PolicyFields({ part: { form, set, errorOf } }: { part: FormPart }) {
  return (
    <Panel title="Policies" hint="What becomes of a row with an issue, and of its vector">
      <SimpleGrid cols={{ base: 1, xs: 2, md: 4 }}>
        {policies.map(({ field, label, hint }) => (
          <Select
            key={field}
            label={label}
            description={hint}
            data={['skip', 'keep', 'error']}
            value={form[field]}
            error={errorOf(field)}
            allowDeselect={false}
            onChange={(value) => set({ [field]: value as Policy } as Partial<StepForm>)}
          />
        ))}
      </SimpleGrid>
      <Group gap="xl" mt="md">
        {switches.map(({ field, label, hint }) => (
          <Checkbox
            key={field}
            label={label}
            description={hint}
            checked={form[field]}
            error={errorOf(field)}
            onChange={(event) => set({ [field]: event.currentTarget.checked } as Partial<StepForm>)}
          />
        ))}
      </Group>
    </Panel>
  )
}
