// Which model makes the vectors, and how many numbers they have.
import { Group, Select, SimpleGrid, Text, TextInput } from '@mantine/core'

import type { DatasetRun } from '../api/types'
import { share } from '../format/format'
import { Panel } from '../parts/panel'
import { ModelPicker } from './model_picker'
import type { FormPart } from './step_editor'
import type { StepForm } from './step_form'

interface VectorFieldsProps {
  part: FormPart
  lastRun: DatasetRun | null
}

const methods = [
  { value: 'auto', label: 'auto: a cut where the model allows it, else PCA' },
  { value: 'truncate', label: 'truncate: the first numbers, scaled to length 1' },
  { value: 'pca', label: 'pca: the directions that differ most' },
]

export function VectorFields({ part, lastRun }: VectorFieldsProps) {
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
          data={['auto', 'f32', 'bf16', 'int8']}
          value={form.precision}
          error={errorOf('precision')}
          allowDeselect={false}
          onChange={(value) => set({ precision: value as StepForm['precision'] })}
        />
      </SimpleGrid>
      <MeasuredLoss run={lastRun} />
    </Panel>
  )
}

// What shortening has cost with the settings of the last run.
function MeasuredLoss({ run }: { run: DatasetRun | null }) {
  const column = run?.columns[0]
  if (column?.overlap_at_10 === undefined) return null
  return (
    <Group mt="md" gap="xs">
      <Text size="sm" c="dimmed">
        Measured by the last run, {column.base_dimension} to {column.dimension} numbers:{' '}
        {share(column.overlap_at_10)} of the ten nearest neighbours stay
        {column.explained_variance !== undefined &&
          `, ${share(column.explained_variance)} of the variance is explained`}
        .
      </Text>
    </Group>
  )
}
