import type { Value } from '../../../graph/types.ts'
import type { Arithmetic } from '../../arithmetic/arithmetic.ts'
import { type Classes, classesOf, type Fitted, toClasses } from '../../estimator.ts'

export interface Target {
  readonly classes: Classes
  /** Places of the fitted rows' classes: int64 [M]. */
  readonly places: Value
}

/** What the fitted rows were: one target, or several of classes each (`_y` [M] or [M, targets]). */
export async function targetsOf(m: Arithmetic, estimator: Fitted, rows: number): Promise<readonly Target[]> {
  const several = estimator.has('outputs_2d_') && estimator.bool('outputs_2d_')
  const array = estimator.array('_y')
  const count = several ? (array.shape[1] ?? 1) : 1
  if (array.size !== rows * count)
    throw estimator.invalid('_y', `has ${array.size} elements for ${rows} rows`)
  const classes = several ? await listed(estimator) : [await classesOf(estimator)]
  if (classes.length !== count)
    throw estimator.invalid('classes_', `has ${classes.length} elements for ${count} targets`)
  const name = `${m.emitter.source.name}/_y`
  const all = m.emitter.weight({ dtype: 'int64', shape: [rows, count], data: array.stream('int64') }, name)
  return classes.map((own, k) => ({ classes: own, places: m.column(all, k) }))
}

async function listed(estimator: Fitted): Promise<readonly Classes[]> {
  return Promise.all(
    estimator.arrays('classes_').map(async array => toClasses(estimator, 'classes_', await array.cells())),
  )
}

/** 1 where a place is that of the class, else 0: float64 [..., C]. */
export function oneHot(m: Arithmetic, places: Value, { labels }: Classes): Value {
  const all = m.emitter.constant(
    'int64',
    [labels.length],
    labels.map((_, i) => i),
  )
  return m.cast(m.equal(m.unsqueeze(places, places.shape?.length ?? 1), all), 'float64')
}

/** Numbers that the fitted rows were: float64 [M, targets]. */
export function valuesOf(m: Arithmetic, estimator: Fitted, rows: number): Value {
  const array = estimator.array('_y')
  const count = array.shape.length > 1 ? array.shape[1]! : 1
  if (array.size !== rows * count)
    throw estimator.invalid('_y', `has ${array.size} elements for ${rows} rows`)
  const name = `${m.emitter.source.name}/_y`
  return m.emitter.weight({ dtype: 'float64', shape: [rows, count], data: array.stream('float64') }, name)
}
