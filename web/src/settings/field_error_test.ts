import { expect, it } from 'vitest'

import { fieldError } from './field_error'

// Messages of `colvec column set --dry-run`.
it.each([
  [
    'column description: embedding: dimension: must be 1 to 312, which the model /m has: 999',
    'dimension',
    'must be 1 to 312, which the model /m has: 999',
  ],
  [
    'column description: embedding: on_null: must be one of skip, keep, error: "foo"',
    'on_null',
    'must be one of skip, keep, error: "foo"',
  ],
  ['embedding: compression: variance: must be a number: "x"', 'variance', 'must be a number: "x"'],
  ['embedding: compression.variance: must be a number', 'variance', 'must be a number'],
  ['column prompt: embedding: model: no such folder: /m', 'model', 'no such folder: /m'],
  ['/m: no such model', null, '/m: no such model'],
  ['dimension', null, 'dimension'],
])('%s', (message, field, rest) => expect(fieldError(message)).toEqual({ field, message: rest }))
