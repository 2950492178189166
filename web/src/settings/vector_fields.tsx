// Which model makes the vectors, and how many numbers they have.
import { Select, SimpleGrid, TextInput } from '@mantine/core'
import type { ReactNode } from 'react'

import { Panel } from '../parts/panel'
import { ModelPicker } from './model_picker'
import type { FormPart } from './step_editor'
import type { StepForm } from './step_form'

interface VectorFieldsProps {
  part: FormPart
  children: ReactNode
}

const methods = [
  { value: 'auto', label: 'auto: a cut where the model allows it, else PCA' },
  { value: 'truncate', label: 'truncate: the first numbers, scaled to length 1' },
  { value: 'pca', label: 'pca: the directions that differ most' },
]

export function VectorFields({ part, children }: VectorFieldsProps) {
  const { form, set, errorOf } = part
  return (
    <Panel title="Model and vectors">
      <SimpleGrid cols={{ base: 1, sm: 2 }}>
        <ModelPicker part={part} />
        <TextInput
          label="Dimension"
          description="Empty: the model’s own. Fewer: see compression"
          placeholder="the model’s own"
          inputMode="numeric"
          value={form.dimension}
          error={errorOf('dimension')}
          onChange={(event) => set({ dimension: event.currentTarget.value })}
        />
        <Select
          label="Compression"
          description="How vectors become shorter than the model’s own"
          data={methods}
          value={form.compression}
          error={errorOf('compression')}
          allowDeselect={false}
          onChange={(value) => set({ compression: value as StepForm['compression'] })}
        />
        <TextInput
          label="Variance"
          description="For pca, in the place of a dimension: the share to keep, as 0.95"
          placeholder="0.95"
          inputMode="decimal"
          value={form.variance}
          error={errorOf('variance')}
          onChange={(event) => set({ variance: event.currentTarget.value })}
        />
        <Select
          label="Precision"
          description="Of the arithmetic; auto: what the vectors have, else the machine’s best"
          data={['auto', 'f32', 'bf16', 'f16', 'int8']}
          value={form.precision}
          error={errorOf('precision')}
          allowDeselect={false}
          onChange={(value) => set({ precision: value as StepForm['precision'] })}
        />
      </SimpleGrid>
      {children}
    </Panel>
  )
}
