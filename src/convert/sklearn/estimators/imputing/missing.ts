import type { OnnxDtype } from '../../../../formats/index.ts'
import type { Emitter, Value } from '../../../graph/types.ts'
import { rowsOf, widthOf } from '../../columns.ts'
import type { Cell, Fitted } from '../../estimator.ts'
import { isMissing } from '../encoding/categories.ts'

/** `missing_values` of an imputer: NaN, None and pandas' NA are null. */
export function missingOf(estimator: Fitted): Cell {
  const value = estimator.has('missing_values') ? estimator.cell('missing_values') : null
  return isMissing(value) ? null : value
}

/** Where a block's elements are missing: bools of its shape. A missing text is `''`. */
export function maskOf(emitter: Emitter, block: Value, missing: Cell): Value {
  return canMiss(block.dtype, missing) ? compared(emitter, block, missing) : never(emitter, block)
}

/** Whether a column of a type can have what stands for a missing element. */
export function canMiss(dtype: OnnxDtype, missing: Cell): boolean {
  const floating = dtype === 'float32' || dtype === 'float64'
  if (missing === null) return floating || dtype === 'string'
  if (typeof missing === 'string' || dtype === 'string')
    return typeof missing === 'string' && dtype === 'string'
  return floating || (dtype === 'int64' && Number.isInteger(Number(missing)))
}

function compared(emitter: Emitter, block: Value, missing: Cell): Value {
  const { dtype } = block
  if (dtype === 'string') return emitter.op('Equal', [block, emitter.scalar('string', String(missing ?? ''))])
  if (missing === null) return nanMask(emitter, block)
  const element = dtype === 'int64' ? BigInt(missing) : Number(missing)
  return emitter.op('Equal', [block, emitter.scalar(dtype, element)])
}

function never(emitter: Emitter, block: Value): Value {
  const types = [{ dtype: 'bool' as const, shape: [rowsOf(block), widthOf(block)] }]
  return emitter.op('Not', [emitter.op('Equal', [block, block], { types })], { types })
}

export function nanMask(emitter: Emitter, block: Value): Value {
  const { shape } = block
  return emitter.op('IsNaN', [block], { types: [{ dtype: 'bool', ...(shape && { shape }) }] })
}
