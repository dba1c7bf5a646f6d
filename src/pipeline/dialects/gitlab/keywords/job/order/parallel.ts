import { mismatch } from '../../../../../yaml/place.ts'
import { byKind, type Reader, refine } from '../../reader/reader.ts'
import { integer } from '../../reader/scalars.ts'
import { required, struct } from '../../reader/struct.ts'
import { MAX_PERMUTATIONS, type MatrixEntry, matrix } from './needs.ts'

export type Parallel =
  | { readonly kind: 'count'; readonly count: number }
  | { readonly kind: 'matrix'; readonly entries: readonly MatrixEntry[] }

/** How many jobs a matrix makes, counted without making them. */
function permutations(entries: readonly MatrixEntry[]): number {
  return entries.reduce(
    (sum, entry) => sum + entry.reduce((product, { values }) => product * values.length, 1),
    0,
  )
}

export const parallel: Reader<Parallel> = byKind<Parallel, never, Parallel>({
  scalar: refine(integer(1, MAX_PERMUTATIONS), count => ({ kind: 'count', count })),
  map: refine(struct({ what: 'parallel', fields: { matrix: required(matrix) } }), (read, node, place) => {
    const made = permutations(read.matrix)
    if (made <= MAX_PERMUTATIONS) return { kind: 'matrix', entries: read.matrix }
    const found = `${made > 1e15 ? 'far more' : made}`
    const message = `The matrix makes too many jobs`
    const facts = { expected: `at most ${MAX_PERMUTATIONS}`, found }
    return node.kind === 'map'
      ? place.findings.error(node.at, 'BAD_VALUE', message, facts)
      : mismatch(node, place, 'a matrix')
  }),
})
