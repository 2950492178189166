// Which field of the form an error of the server is about.
import type { StepForm } from './step_form'

export interface FieldError {
  /** null: the form as a whole. */
  field: keyof StepForm | null
  message: string
}

const fields: (keyof StepForm)[] = [
  'model',
  'dimension',
  'primary_key_column',
  'text_column',
  'prompt',
  'precision',
  'compression',
  'variance',
  'normalize',
  'explode',
  'store_text',
  'on_null',
  'on_empty',
  'on_truncate',
  'on_bad_vector',
]

/**
 * Messages are "column description: embedding: dimension: must be 1 to 312, ...: 999": the field is
 * the first part that is named like one; what follows it is shown beside the field.
 */
export function fieldError(message: string): FieldError {
  const parts = message.split(': ')
  const after = parts.indexOf('embedding') + 1
  for (let index = after; index < parts.length - 1; index += 1) {
    const path = (parts[index] as string).split('.').reverse()
    const field = path.map((part) => fields.find((name) => name === part)).find(Boolean)
    if (field === undefined) continue
    const deeper = field === 'compression' && parts[index + 1] === 'variance'
    return {
      field: deeper ? 'variance' : field,
      message: parts.slice(index + (deeper ? 2 : 1)).join(': '),
    }
  }
  return { field: null, message }
}
