import type { ReferenceOutputs } from '../../api/index.ts'
import { DTYPES, type Dtype, elementCount, type Tensor, type Tensors } from '../../core/index.ts'
import { numbersOf } from '../../model/index.ts'
import { InferenceError } from '../errors.ts'
import { isStrings, tensorOfBytes } from '../protocols/index.ts'

export interface Tolerance {
  readonly rtol: number
  readonly atol: number
}

export interface Difference {
  readonly output: string
  readonly summary: string
}

/** Throws PARITY_MISMATCH with the first output that is not what was stored with the version. */
export function holdToReference(
  { model, versionNumber }: { readonly model: string; readonly versionNumber: number },
  reference: ReferenceOutputs,
  found: Tensors,
): void {
  const difference = firstDifference(tensorsOfWire(reference.outputs), found, reference)
  if (difference === undefined) return
  const { output, summary } = difference
  throw new InferenceError('PARITY_MISMATCH', {
    message: `${model} ${versionNumber} does not reproduce its reference outputs here: '${output}': ${summary}`,
    hint: "This machine's runtime computes something else than the one that evaluated the version; it takes no traffic.",
    details: { output },
  })
}

/** Tensors as they travel: strings with a u32 length before each. Throws SPEC_INVALID. */
export function tensorsOfWire(tensors: ReferenceOutputs['inputs']): Tensors {
  const byName: Record<string, Tensor> = Object.create(null)
  for (const { name, dtype, shape, base64 } of tensors) {
    const known: Dtype | undefined = DTYPES.find(each => each === dtype)
    if (known === undefined || !Number.isSafeInteger(elementCount(shape))) {
      throw new InferenceError('SPEC_INVALID', {
        message: `The reference tensor '${name}' has the type ${dtype} and the shape [${shape.join(', ')}]`,
        hint: 'Evaluate the version again: its reference outputs are damaged.',
      })
    }
    byName[name] = tensorOfBytes(name, known, shape, Buffer.from(base64, 'base64'))
  }
  return byName
}

/**
 * The first output that is not what was expected: |found − expected| <= atol + rtol · |expected| for each
 * element, NaN equal to NaN, strings and shapes exactly.
 */
export function firstDifference(
  expected: Tensors,
  found: Tensors,
  tolerance: Tolerance,
): Difference | undefined {
  for (const output of Object.keys(expected)) {
    const summary = differenceOf(expected[output]!, found[output], tolerance)
    if (summary !== undefined) return { output, summary }
  }
  return undefined
}

function differenceOf(expected: Tensor, found: Tensor | undefined, tolerance: Tolerance): string | undefined {
  if (found === undefined) return 'it is missing'
  if (found.dtype !== expected.dtype || found.shape.join() !== expected.shape.join()) {
    return `expected ${expected.dtype}[${expected.shape.join(', ')}], found ${found.dtype}[${found.shape.join(', ')}]`
  }
  if (isStrings(expected.data)) {
    const at = expected.data.findIndex((text, i) => text !== found.data[i])
    return at < 0 ? undefined : `element ${at}: expected '${expected.data[at]}', found '${found.data[at]}'`
  }
  return numericDifference(numbersOf(expected), numbersOf(found), tolerance)
}

function numericDifference(
  expected: ArrayLike<number>,
  found: ArrayLike<number>,
  { rtol, atol }: Tolerance,
): string | undefined {
  let [off, worst, at] = [0, -1, 0]
  for (let i = 0; i < expected.length; i++) {
    const [a, b] = [found[i]!, expected[i]!]
    if (a === b || (Number.isNaN(a) && Number.isNaN(b))) continue
    const excess = Math.abs(a - b) - (atol + rtol * Math.abs(b))
    // Not `excess > 0`: a NaN on one side only is a difference.
    if (excess <= 0) continue
    off++
    const size = Number.isNaN(excess) ? Number.POSITIVE_INFINITY : excess
    if (size > worst) [worst, at] = [size, i]
  }
  if (off === 0) return undefined
  return `${off} of ${expected.length} elements differ by more than ${atol} + ${rtol}·|expected|; element ${at}: expected ${expected[at]}, found ${found[at]}`
}
