import type { EstimatorValue } from '../../../../formats/index.ts'
import type { Emitter } from '../../../graph/types.ts'
import { Columns } from '../../columns.ts'
import type { EstimatorConverter, Fitted, InputColumns } from '../../estimator.ts'
import { stepsOf } from './steps.ts'
import { mergeTypes } from './types.ts'

/** Several transformers of the same columns, side by side. */
export const featureUnion: EstimatorConverter = {
  async convert({ estimator, input, emitter, transform }) {
    const weights = weightsOf(estimator)
    const all: Columns[] = []
    for (const { name, key, part } of stepsOf(estimator, 'transformer_list')) {
      if (part === 'drop') continue
      const columns = part === 'passthrough' ? input : await transform(name, part, input)
      all.push(weighted(emitter, columns, weights.get(key)))
    }
    return { kind: 'features', columns: Columns.beside(all) }
  },
  async input(estimator, ask) {
    let merged: InputColumns | undefined
    for (const { name, part } of stepsOf(estimator, 'transformer_list')) {
      if (typeof part === 'string') continue
      const input = await ask(name, part)
      merged = merged && input ? merge(merged, input) : (merged ?? input)
    }
    return merged
  },
}

function merge(a: InputColumns, b: InputColumns): InputColumns {
  if (a.kind !== 'columns' || b.kind !== 'columns') return { kind: 'documents' }
  const apart = a.apart === true || b.apart === true
  const names = a.names ?? b.names
  return {
    kind: 'columns',
    types: a.types.map((type, i) => mergeTypes(type, b.types[i])),
    ...(names && { names }),
    ...(apart && { apart }),
  }
}

/** `transformer_weights`: what the columns of a transformer are multiplied with. */
export function weightsOf(estimator: Fitted): ReadonlyMap<EstimatorValue, number> {
  if (estimator.isNone('transformer_weights')) return new Map()
  return new Map(
    estimator.map('transformer_weights').map(([key, weight]) => {
      if (typeof weight !== 'number')
        throw estimator.invalid('transformer_weights', 'holds something that is no number')
      return [key, weight]
    }),
  )
}

export function weighted(emitter: Emitter, columns: Columns, weight: number | undefined): Columns {
  if (weight === undefined || columns.width === 0) return columns
  const x = columns.matrix(emitter, 'float64')
  const product = emitter.op('Mul', [x, emitter.scalar('float64', weight)])
  return columns.open ? columns : new Columns([product])
}
