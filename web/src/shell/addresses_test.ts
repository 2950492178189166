import { expect, it } from 'vitest'

import { columnAddress, datasetAddress, partsOf, settingsAddress } from './addresses'

it.each(['price ($)', 'Q&A', 'a/b', 'a,b;c=d', '100 %', '%26', 'C#: + @ ?', 'meta.title', 'Größe'])(
  '%s is read from the addresses that it has',
  (name) => {
    expect(partsOf(datasetAddress(name, 'store'))).toEqual(['datasets', name, 'store'])
    expect(partsOf(columnAddress(name, name))).toEqual(['datasets', name, 'columns', name])
    expect(partsOf(settingsAddress('d', name))[3]).toBe(name)
  },
)

it('takes a % that escapes nothing as it is', () => {
  expect(partsOf('/datasets/100%')).toEqual(['datasets', '100%'])
})
