// A field for a model, with those of the server's disk to choose from.
import { Autocomplete, Text } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'

import { modelsQuery } from '../api/queries'
import type { LocalModel } from '../api/types'
import { count } from '../format/format'
import type { FormPart } from './step_editor'

/** How dataset.json names it. */
export function referenceOf(model: LocalModel): string {
  return model.path === '' ? model.name : model.path
}

export function ModelPicker({ part: { form, set, errorOf } }: { part: FormPart }) {
  const models = useQuery(modelsQuery()).data ?? []
  const byReference = new Map(models.map((model) => [referenceOf(model), model]))
  const chosen = byReference.get(form.model)
  return (
    <Autocomplete
      label="Model"
      required
      description={
        chosen === undefined ? 'A folder, org/name or builtin:lexical' : aboutModel(chosen)
      }
      placeholder="builtin:lexical"
      data={[...byReference.keys()]}
      value={form.model}
      error={errorOf('model')}
      onChange={(model) => set({ model })}
      renderOption={({ option }) => (
        <div>
          <Text size="sm" className="user-text">
            {byReference.get(option.value)?.name ?? option.value}
          </Text>
          <Text size="xs" c="dimmed">
            {aboutModel(byReference.get(option.value))}
          </Text>
        </div>
      )}
      comboboxProps={{ transitionProps: { duration: 0 } }}
    />
  )
}

function aboutModel(model: LocalModel | undefined): string {
  if (model === undefined) return ''
  const shorter =
    model.shorter_dimensions.length > 0 ? `, also ${model.shorter_dimensions.join(', ')}` : ''
  const tokens = model.tokens_max > 0 ? `, ${count(model.tokens_max)} tokens at most` : ''
  return `${model.kind}: dimension ${count(model.dimension)}${shorter}${tokens}`
}
