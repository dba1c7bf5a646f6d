import { quote } from '../../../../../yaml/located.ts'
import { mismatch } from '../../../../../yaml/place.ts'
import type { NeedSpec } from '../../../types.ts'
import { list, mapOf, oneOrMore } from '../../reader/composites.ts'
import { byKind, type Reader, refine } from '../../reader/reader.ts'
import { flag, plainText, text } from '../../reader/scalars.ts'
import { optional, required, struct } from '../../reader/struct.ts'

/** GitLab has 50, which its administrators may raise. */
export const MAX_WRITTEN_NEEDS = 200
/** GitLab's own limit on permutations; also on what a selector lists. */
export const MAX_PERMUTATIONS = 200
const MAX_DIMENSIONS = 50

const jobName = text({ expected: 'the name of a job', maxLength: 255 })

const matrixKey = { pattern: /^[A-Za-z0-9_]+$/, expected: 'the name of a variable (letters, digits and _)' }

/** One choice of values for each variable; a value alone is a list of one. */
export const matrixEntry: Reader<MatrixEntry> = refine(
  mapOf({
    key: matrixKey,
    value: oneOrMore(plainText(4096), MAX_PERMUTATIONS, 1),
    max: MAX_DIMENSIONS,
    shown: '<NAME>',
  }),
  (entries, node, place) =>
    entries.length === 0
      ? mismatch(node, place, 'at least one variable')
      : entries.map(({ name, value }) => ({ name, values: value })),
)

/** Variables in the order in which they are written, which is the order in the names of jobs. */
export type MatrixEntry = readonly { readonly name: string; readonly values: readonly string[] }[]

export const matrix: Reader<readonly MatrixEntry[]> = list(matrixEntry, {
  min: 1,
  max: MAX_PERMUTATIONS,
  nested: true,
})

const ELSEWHERE =
  'artifacts come from jobs of the same pipeline; keep what other pipelines need as a model version or release'

const need: Reader<NeedSpec> = byKind({
  scalar: refine(jobName, (job, node) => ({ at: node.at, job, artifacts: true, optional: false })),
  map: refine(
    struct({
      what: 'a need',
      fields: {
        job: required(jobName),
        artifacts: optional(flag()),
        optional: optional(flag()),
        parallel: optional(struct({ what: 'parallel', fields: { matrix: required(matrix) } })),
      },
      unavailable: { project: ELSEWHERE, pipeline: ELSEWHERE, ref: ELSEWHERE },
    }),
    (read, node) => ({
      at: node.at,
      job: read.job,
      artifacts: read.artifacts ?? true,
      optional: read.optional ?? false,
      ...(read.parallel && {
        matrix: read.parallel.matrix.map(entry =>
          Object.fromEntries(entry.map(({ name, values }) => [name, values])),
        ),
      }),
    }),
  ),
})

const NEEDS = 'a list (of names of jobs, or maps with job, artifacts, optional, parallel)'

/** `needs: { pipeline: group/project }` */
const mirrored: Reader<never> = {
  expected: NEEDS,
  keywords: [{ path: 'pipeline', supported: false, note: ELSEWHERE }],
  read(node, place) {
    const entry = node.kind === 'map' ? node.entries.find(({ key }) => key === 'pipeline') : undefined
    if (!entry) return mismatch(node, place, NEEDS)
    const message = "'needs.pipeline' is not supported"
    return place.findings.error(entry.keyAt, 'NOT_AVAILABLE', message, { hint: ELSEWHERE })
  },
}

const manyNeeds: Reader<readonly NeedSpec[]> = {
  ...list(need, { max: MAX_WRITTEN_NEEDS, nested: true }),
  expected: NEEDS,
}

export const needs: Reader<readonly NeedSpec[]> = byKind({
  list: refine(manyNeeds, (read, _node, place) => {
    const seen = new Set<string>()
    for (const { job, matrix: choices, at } of read) {
      if (choices === undefined && seen.has(job)) {
        place.findings.error(at, 'NEED_DUPLICATE', `${quote(job)} is needed twice`)
      }
      seen.add(job)
    }
    return read
  }),
  map: mirrored,
})
