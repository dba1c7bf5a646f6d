import type { OnnxNode } from '../../../formats/index.ts'
import { OptimizeError } from '../../errors.ts'
import type { Range, Ranges } from './types.ts'

/** A Softmax gives parts of a whole. */
const PARTS: Range = { least: 0, greatest: 1 }

/**
 * The ranges as values are laid: what only a Relu or Clip takes has the range of what that gives, and a Softmax' lies
 * from 0 to 1. Throws OPTIMIZE_UNSUPPORTED for ranges that are none.
 */
export function adjustedRanges(
  nodes: readonly OnnxNode[],
  given: Ranges,
  takers: ReadonlyMap<string, number>,
): Ranges {
  for (const [name, range] of given) checkRange(name, range)
  const ranges = new Map(given)
  for (const { op, inputs, outputs } of nodes) {
    const [input, output] = [inputs[0] ?? '', outputs[0] ?? '']
    const range = ranges.get(output)
    if (op === 'Softmax') ranges.set(output, PARTS)
    else if ((op === 'Relu' || op === 'Clip') && takers.get(input) === 1 && range && ranges.has(input))
      ranges.set(input, range)
  }
  return ranges
}

function checkRange(name: string, { least, greatest }: Range): void {
  if (Number.isFinite(least) && Number.isFinite(greatest) && least <= greatest) return
  throw new OptimizeError('OPTIMIZE_UNSUPPORTED', {
    message: `The range of '${name}', from ${least} to ${greatest}, is none that places can be laid on`,
    hint: 'Calibrate with data on which the model gives finite numbers.',
    details: { value: name },
  })
}
