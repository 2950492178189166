// What a model is and gives, in a line.
import type { LocalModel } from '../api/types'
import { count } from '../format/format'

/** "transformer (bert)". */
export function kindOf(model: LocalModel): string {
  const { kind, family } = model
  if (kind === undefined || kind === null) return ''
  return family === undefined || family === null || family === '' || family === kind
    ? kind
    : `${kind} (${family})`
}

/** "transformer (bert): dimension 312, 128 tokens at most". */
export function aboutModel(model: LocalModel | undefined): string {
  if (model === undefined) return ''
  if (model.problem !== undefined && model.problem !== null) return model.problem
  const words: string[] = []
  if (model.dimension != null) words.push(`dimension ${count(model.dimension)}`)
  const shorter = model.shorter_dimensions ?? []
  if (shorter.length > 0) words.push(`also ${shorter.map(count).join(', ')}`)
  if (model.tokens_max != null && model.tokens_max > 0) {
    words.push(`${count(model.tokens_max)} tokens at most`)
  }
  return words.length === 0 ? kindOf(model) : `${kindOf(model)}: ${words.join(', ')}`
}
