// The form of an embedding step: text of its fields, and the change that it comes to. An empty
// field has its default, which the API is told by null.
import type { CompressionMethod, EmbeddingStep, Policy } from '../api/types'

export interface StepForm {
  model: string
  dimension: string
  primary_key_column: string[]
  text_column: string
  /** null: the model's default prompt. */
  prompt: string | null
  precision: 'auto' | 'f32' | 'bf16' | 'f16' | 'int8'
  compression: CompressionMethod
  variance: string
  normalize: boolean
  explode: boolean
  store_text: boolean
  on_null: Policy
  on_empty: Policy
  on_truncate: Policy
  on_bad_vector: Policy
}

export const emptyForm: StepForm = {
  model: '',
  dimension: '',
  primary_key_column: [],
  text_column: '',
  prompt: null,
  precision: 'auto',
  compression: 'auto',
  variance: '',
  normalize: true,
  explode: false,
  store_text: true,
  on_null: 'skip',
  on_empty: 'skip',
  on_truncate: 'keep',
  on_bad_vector: 'error',
}

export function formOf(step: EmbeddingStep | null): StepForm {
  if (step === null) return emptyForm
  const { compression, dimension, primary_key_column: key, ...others } = step
  return {
    ...emptyForm,
    ...others,
    dimension: dimension === undefined || dimension === 0 ? '' : String(dimension),
    primary_key_column: key === undefined ? [] : typeof key === 'string' ? [key] : key,
    compression: compression?.method ?? 'auto',
    variance: compression?.variance === undefined ? '' : String(compression.variance),
  }
}

/** All fields with their values; what has its default is null. */
export function changeOf(form: StepForm): Record<string, unknown> {
  const { compression, variance, dimension, primary_key_column, text_column, ...others } = form
  const change: Record<string, unknown> = {
    dimension: dimension.trim() === '' ? null : numberOrText(dimension),
    primary_key_column: primary_key_column.length === 0 ? null : primary_key_column,
    text_column: text_column === '' ? null : text_column,
    compression:
      compression === 'auto' && variance.trim() === ''
        ? null
        : {
            method: compression,
            ...(variance.trim() === '' ? {} : { variance: numberOrText(variance) }),
          },
  }
  for (const [field, value] of Object.entries(others)) {
    const isDefault = value === emptyForm[field as keyof StepForm]
    change[field] = isDefault && field !== 'model' ? null : value
  }
  change.model = form.model.trim()
  return change
}

// What is no number goes as it is: the server says what is allowed.
function numberOrText(text: string): number | string {
  const number = Number(text)
  return text.trim() !== '' && Number.isFinite(number) ? number : text
}

/** Of changeOf(form) what is not as it was saved: others may have changed the rest meanwhile. */
export function changeSince(saved: StepForm, form: StepForm): Record<string, unknown> {
  const before = changeOf(saved)
  const now = Object.entries(changeOf(form))
  return Object.fromEntries(now.filter(([field, value]) => !isSame(value, before[field])))
}

/** The form with what was changed in it since `from`, and all else as in `to`. */
export function rebased(form: StepForm, from: StepForm, to: StepForm): StepForm {
  const changed = Object.entries(form).filter(
    ([field, value]) => !isSame(value, from[field as keyof StepForm]),
  )
  return { ...to, ...Object.fromEntries(changed) }
}

function isSame(a: unknown, b: unknown): boolean {
  return JSON.stringify(a) === JSON.stringify(b)
}

export function isSameForm(a: StepForm, b: StepForm): boolean {
  return isSame(a, b)
}
