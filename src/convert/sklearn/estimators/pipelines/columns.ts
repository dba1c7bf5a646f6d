import type { EstimatorValue } from '../../../../formats/index.ts'
import { Columns } from '../../columns.ts'
import type { ColumnType, EstimatorConverter, Fitted } from '../../estimator.ts'
import { namesOf, widthOfInput } from '../../names.ts'
import { type Step, stepsOf } from './steps.ts'
import { mergeTypes } from './types.ts'
import { weighted, weightsOf } from './union.ts'

/** Each transformer gets the columns that `fit` found for it; results stand side by side in the transformers' order. */
export const columnTransformer: EstimatorConverter = {
  async convert({ estimator, input, emitter, transform }) {
    const weights = weightsOf(estimator)
    const all: Columns[] = []
    for (const { step, places } of chosen(estimator)) {
      if (step.part === 'drop' || places.length === 0) continue
      checkPlaces(estimator, places, input.width)
      const columns = input.pick(emitter, places)
      const made = step.part === 'passthrough' ? columns : await transform(step.name, step.part, columns)
      all.push(weighted(emitter, made, weights.get(step.key)))
    }
    return { kind: 'features', columns: Columns.beside(all) }
  },
  async input(estimator, ask) {
    const width = widthOfInput(estimator)
    if (width === undefined) throw estimator.invalid('n_features_in_', 'is missing')
    const types = new Array<ColumnType | 'unused' | undefined>(width).fill('unused')
    for (const { step, places } of chosen(estimator)) {
      if (step.part === 'drop' || places.length === 0) continue
      checkPlaces(estimator, places, width)
      const inner = step.part === 'passthrough' ? undefined : await ask(step.name, step.part)
      for (const [i, place] of places.entries()) {
        const type = inner?.kind === 'columns' ? inner.types[i] : inner && 'string'
        types[place] = types[place] === 'unused' ? type : mergeTypes(types[place], type)
      }
    }
    const names = await namesOf(estimator)
    return { kind: 'columns', types, apart: true, ...(names?.length === width && { names }) }
  },
}

interface Chosen {
  readonly step: Step
  readonly places: readonly number[]
}

/** Transformers with the places of their columns, however they were chosen: `fit` keeps them. */
function chosen(estimator: Fitted): readonly Chosen[] {
  const places = new Map(estimator.map('_transformer_to_input_indices'))
  return stepsOf(estimator, 'transformers_').map(step => ({
    step,
    places: placesOf(estimator, step.key, places.get(step.key)),
  }))
}

function placesOf(estimator: Fitted, key: string, value: EstimatorValue | undefined): readonly number[] {
  if (!Array.isArray(value))
    throw estimator.invalid('_transformer_to_input_indices', `has no columns of '${key}'`)
  return value as readonly number[]
}

function checkPlaces(estimator: Fitted, places: readonly unknown[], width: number): void {
  const odd = places.find(place => !Number.isInteger(place) || Number(place) < 0 || Number(place) >= width)
  if (odd !== undefined)
    throw estimator.invalid('_transformer_to_input_indices', `holds the column ${String(odd)} of ${width}`)
}
