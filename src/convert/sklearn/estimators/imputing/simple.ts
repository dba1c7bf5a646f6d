import type { Value } from '../../../graph/types.ts'
import { Columns, widthOf } from '../../columns.ts'
import type { Cell, EstimatorCall, EstimatorConverter, Fitted } from '../../estimator.ts'
import { inputOf } from '../../names.ts'
import { isMissing } from '../encoding/categories.ts'
import { withIndicator } from './indicator.ts'
import { canMiss, maskOf, missingOf } from './missing.ts'

/** Missing elements replaced by a number or text for each column. */
export const simpleImputer: EstimatorConverter = {
  async convert(call) {
    const { estimator, input, emitter } = call
    const missing = missingOf(estimator)
    const fills = await estimator.cells('statistics_')
    if (fills.length !== input.width)
      throw estimator.invalid('statistics_', `has ${fills.length} elements, and gets ${input.width} columns`)
    if (missing === null && input.dtypes.includes('string'))
      call.note('an empty text counts as a missing value')
    let at = 0
    const blocks = input.blocks.map(block => {
      const own = fills.slice(at, at + widthOf(block))
      at += own.length
      return filled(call, block, own, missing)
    })
    const whole = new Columns(blocks, input.open)
    const kept = keptOf(estimator, fills)
    return withIndicator(call, kept.length === fills.length ? whole : whole.pick(emitter, kept))
  },
  async input(estimator) {
    const array = estimator.array('statistics_')
    if (array.dtype !== 'object' && array.dtype !== 'string') return inputOf(estimator)
    const cells = await array.cells()
    const texts = cells.some(cell => typeof cell === 'string')
    return inputOf(
      estimator,
      cells.map(cell => (typeof cell === 'string' || (texts && isMissing(cell)) ? 'string' : undefined)),
    )
  },
}

function filled(
  { emitter, estimator }: EstimatorCall,
  block: Value,
  fills: readonly Cell[],
  missing: Cell,
): Value {
  const { dtype, shape } = block
  if (!canMiss(dtype, missing)) return block
  const mask = maskOf(emitter, block, missing)
  const elements = fills.map(fill => {
    // Columns without a fill are left out further on.
    if (isMissing(fill) || fill === null) return dtype === 'string' ? '' : 0
    if ((typeof fill === 'string') !== (dtype === 'string'))
      throw estimator.invalid('statistics_', `holds ${String(fill).slice(0, 50)} for a column of ${dtype}`)
    return typeof fill === 'boolean' ? Number(fill) : fill
  })
  const row = emitter.constant(dtype, [elements.length], dtype === 'int64' ? elements.map(whole) : elements)
  return emitter.op('Where', [mask, row, block], { types: [{ dtype, ...(shape && { shape }) }] })
}

function whole(element: number | bigint | string): bigint {
  return typeof element === 'bigint' ? element : BigInt(Math.trunc(Number(element)))
}

/** Columns that had nothing but missing values are left out, unless they are to be kept; before 1.2 constants kept all. */
function keptOf(estimator: Fitted, fills: readonly Cell[]): readonly number[] {
  const all = Array.from(fills, (_, i) => i)
  if (estimator.bool('keep_empty_features', false)) return all
  if (!estimator.since(2) && estimator.text('strategy', 'mean') === 'constant') return all
  return all.filter(i => !isMissing(fills[i]!))
}
