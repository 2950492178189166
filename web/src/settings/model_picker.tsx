// A field for a model, with those of the server's disk to choose from.
import { Autocomplete, Text } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'

import { modelsQuery } from '../api/queries'
import { aboutModel } from '../models/model_words'
import type { FormPart } from './step_editor'

export function ModelPicker({ part: { form, set, errorOf } }: { part: FormPart }) {
  const models = useQuery(modelsQuery()).data ?? []
  const byName = new Map(models.map((model) => [model.name, model]))
  const chosen = byName.get(form.model)
  return (
    <Autocomplete
      label="Model"
      required
      description={chosen === undefined ? 'A model folder, or builtin:lexical' : aboutModel(chosen)}
      placeholder="builtin:lexical"
      data={[...byName.keys()]}
      value={form.model}
      error={errorOf('model')}
      onChange={(model) => set({ model })}
      renderOption={({ option }) => (
        <div>
          <Text size="sm" className="user-text">
            {byName.get(option.value)?.label ?? option.value}
          </Text>
          <Text size="xs" c="dimmed">
            {aboutModel(byName.get(option.value))}
          </Text>
        </div>
      )}
      comboboxProps={{ transitionProps: { duration: 0 } }}
    />
  )
}
