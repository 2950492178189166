import { describe, expect, it } from 'vitest'

import type { EmbeddingStep } from '../api/types'
import { changeOf, changeSince, emptyForm, formOf, isSameForm, rebased } from './step_form'

const defaults = Object.fromEntries(
  [
    'dimension',
    'primary_key_column',
    'text_column',
    'prompt',
    'precision',
    'compression',
    'normalize',
    'explode',
    'store_text',
    'on_null',
    'on_empty',
    'on_truncate',
    'on_bad_vector',
  ].map((field) => [field, null]),
)

describe('changeOf', () => {
  it('gives null for every field that has its default', () => {
    expect(changeOf({ ...emptyForm, model: ' builtin:lexical ' })).toEqual({
      ...defaults,
      model: 'builtin:lexical',
    })
  })

  it.each([
    ['dimension', { dimension: '64' }, { dimension: 64 }],
    [
      'a dimension that is no number, for the server to judge',
      { dimension: 'x' },
      { dimension: 'x' },
    ],
    ['an empty prompt of its own', { prompt: '' }, { prompt: '' }],
    ['a prompt', { prompt: 'query: ' }, { prompt: 'query: ' }],
    ['keys', { primary_key_column: ['a', 'b'] }, { primary_key_column: ['a', 'b'] }],
    ['pca', { compression: 'pca' as const }, { compression: { method: 'pca' } }],
    [
      'a share of the variance',
      { compression: 'pca' as const, variance: '0.95' },
      { compression: { method: 'pca', variance: 0.95 } },
    ],
    ['a switch', { normalize: false }, { normalize: false }],
    ['a policy', { on_null: 'error' as const }, { on_null: 'error' }],
  ])('gives %s', (_, form, change) => {
    expect(changeOf({ ...emptyForm, model: 'm', ...form })).toEqual({
      ...defaults,
      model: 'm',
      ...change,
    })
  })
})

describe('formOf', () => {
  it('is empty without a step', () => expect(formOf(null)).toEqual(emptyForm))

  it('and back gives the same step', () => {
    const step: EmbeddingStep = {
      model: '/models/a',
      dimension: 128,
      primary_key_column: ['id', 'shop'],
      text_column: 'title',
      prompt: '',
      normalize: false,
      precision: 'bf16',
      compression: { method: 'pca', variance: 0.9 },
      explode: true,
      store_text: false,
      on_null: 'error',
      on_empty: 'keep',
      on_truncate: 'skip',
      on_bad_vector: 'skip',
    }
    expect(changeOf(formOf(step))).toEqual(step)
  })

  it('takes one key column as well as a list', () => {
    expect(formOf({ model: 'm', primary_key_column: 'id' }).primary_key_column).toEqual(['id'])
  })
})

it('forms are the same when all of their fields are', () => {
  expect(isSameForm(emptyForm, { ...emptyForm })).toBe(true)
  expect(isSameForm(emptyForm, { ...emptyForm, prompt: '' })).toBe(false)
})

describe('what others have changed meanwhile', () => {
  const saved = { ...emptyForm, model: 'a', dimension: '64' }
  it('is not written back', () => {
    expect(changeSince(saved, { ...saved, on_null: 'error' })).toEqual({ on_null: 'error' })
    expect(changeSince(saved, { ...saved, dimension: '' })).toEqual({ dimension: null })
    expect(changeSince(saved, saved)).toEqual({})
  })
  it('is taken over where nothing was typed', () => {
    const typed = { ...saved, dimension: '32' }
    expect(rebased(typed, saved, { ...saved, model: 'b', dimension: '128' })).toEqual({
      ...saved,
      model: 'b',
      dimension: '32',
    })
  })
})
