import { mismatch } from '../../pipeline/index.ts'
import { type Fields, optional, type StructOf, struct } from '../reader/composites.ts'
import { path } from '../reader/paths.ts'
import { byKind, placed, type Reader } from '../reader/reader.ts'
import { number, text } from '../reader/scalars.ts'

/** Answers that differ by more are not the same; what loses more on purpose is an optimisation, and is judged. */
export const MAX_TOLERANCE = 0.05

const fields = {
  samples: optional(
    placed(path()),
    'a .npz with inputs and the answers of the original; default: <model>.samples.npz where it is there',
  ),
  tolerance: optional(
    number({ above: 0, atMost: MAX_TOLERANCE, expected: `a number above 0, at most ${MAX_TOLERANCE}` }),
    'the largest relative difference of answers; default: by their type',
  ),
  signature: optional(
    text({ expected: 'the name of a signature', maxLength: 200 }),
    'of a SavedModel; default: serving_default',
  ),
} satisfies Fields

/** The model is versioned as it is. */
const never: Reader<false> = {
  schema: { const: false },
  expected: 'false',
  read: (node, place) =>
    node.kind === 'scalar' && node.value === false ? false : mismatch(node, place, 'false'),
}

export type WrittenConvert = StructOf<typeof fields> | false
export const convertSection: Reader<WrittenConvert> = byKind({
  scalar: never,
  map: struct({ what: 'convert', fields }),
})
