import { expect, it } from 'vitest'

import type { LocalModel } from '../api/types'
import { aboutModel, kindOf } from './model_words'

const model: LocalModel = {
  name: '/models/tiny',
  label: 'tiny',
  bytes: 1,
  kind: 'transformer',
  family: 'bert',
  dimension: 1024,
  shorter_dimensions: [512, 256],
  tokens_max: 8192,
}

it('says what a model gives', () => {
  expect(aboutModel(model)).toBe(
    'transformer (bert): dimension 1,024, also 512, 256, 8,192 tokens at most',
  )
  expect(aboutModel({ ...model, family: null, shorter_dimensions: null, tokens_max: 0 })).toBe(
    'transformer: dimension 1,024',
  )
  expect(aboutModel({ name: 'a', label: 'a', bytes: 0, problem: 'no weights' })).toBe('no weights')
  expect(aboutModel(undefined)).toBe('')
})

it('names the family only where it says more', () => {
  expect(kindOf({ ...model, kind: 'lexical', family: 'lexical' })).toBe('lexical')
})
