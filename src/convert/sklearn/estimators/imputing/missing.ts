import type { Emitter, Value } from '../../../graph/types.ts'
import { Refusal } from '../../../refusals.ts'
import type { Cell, Fitted } from '../../estimator.ts'
import { isMissing } from '../encoding/categories.ts'

/** `missing_values` of an imputer: NaN, None and pandas' NA are null. */
export function missingOf(estimator: Fitted): Cell {
  const value = estimator.has('missing_values') ? estimator.cell('missing_values') : null
  return isMissing(value) ? null : value
}

/** Where a block's elements are missing, as bools; undefined where none can be. A missing text is `''`. */
export function maskOf(emitter: Emitter, block: Value, missing: Cell): Value | undefined {
  const { dtype } = block
  if (dtype === 'string') {
    if (missing !== null && typeof missing !== 'string') return undefined
    return emitter.op('Equal', [block, emitter.scalar('string', missing ?? '')])
  }
  if (missing === null)
    return dtype === 'float32' || dtype === 'float64' ? nanMask(emitter, block) : undefined
  if (typeof missing === 'string') return undefined
  if (dtype === 'float32' || dtype === 'float64')
    return emitter.op('Equal', [block, emitter.scalar(dtype, Number(missing))])
  if (dtype !== 'int64') throw new Refusal(`missing_values=${String(missing)} of columns of ${dtype}`)
  return Number.isInteger(Number(missing))
    ? emitter.op('Equal', [block, emitter.scalar('int64', BigInt(missing))])
    : undefined
}

export function nanMask(emitter: Emitter, block: Value): Value {
  const { shape } = block
  return emitter.op('IsNaN', [block], { types: [{ dtype: 'bool', ...(shape && { shape }) }] })
}
