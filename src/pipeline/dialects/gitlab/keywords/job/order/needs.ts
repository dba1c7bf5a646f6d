import { quote } from '../../../../../yaml/located.ts'
import { mismatch } from '../../../../../yaml/place.ts'
import type { ElsewhereNeed, NeedSpec, Needs } from '../../../types.ts'
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

const NEEDS =
  'a list (of names of jobs, or maps with job, artifacts, optional, parallel, project, ref, pipeline)'
/** GitLab's own limit. */
const MAX_ELSEWHERE = 5

type Need = NeedSpec | ElsewhereNeed

const fields = {
  job: required(jobName),
  artifacts: optional(flag()),
  optional: optional(flag()),
  parallel: optional(struct({ what: 'parallel', fields: { matrix: required(matrix) } })),
  project: optional(text({ expected: 'the path of a project', maxLength: 255 })),
  ref: optional(text({ expected: 'a branch or tag', maxLength: 255 })),
  pipeline: optional(text({ expected: 'the id of a pipeline, such as $PARENT_PIPELINE_ID', maxLength: 255 })),
}

/** `nothing`: its artifacts are not wanted, and nobody waits for it. */
const need: Reader<Need | 'nothing'> = byKind({
  scalar: refine(jobName, (job, node): Need => ({ at: node.at, job, artifacts: true, optional: false })),
  map: refine(
    struct({ what: 'a need', fields, exclusive: [['project', 'pipeline']] }),
    (read, node, place): Need | 'nothing' | undefined => {
      const { job, project, ref, pipeline, artifacts = true } = read
      const away = project ?? pipeline
      if ((project === undefined) !== (ref === undefined)) {
        const missing = project === undefined ? 'project' : 'ref'
        return place.findings.error(
          node.at,
          'MISSING_KEY',
          `'${missing}' is missing: 'project' and 'ref' go together`,
        )
      }
      if (away !== undefined && (read.parallel || read.optional !== undefined)) {
        const message = "'parallel' and 'optional' are of needs of the same pipeline"
        return place.findings.error(node.at, 'KEY_CLASH', message)
      }
      if (away !== undefined && !artifacts) return 'nothing'
      if (pipeline !== undefined) return { at: node.at, job, from: { kind: 'pipeline', pipeline } }
      if (project !== undefined)
        return { at: node.at, job, from: { kind: 'project', project, ref: ref ?? '' } }
      return {
        at: node.at,
        job,
        artifacts,
        optional: read.optional ?? false,
        ...(read.parallel && {
          matrix: read.parallel.matrix.map(entry =>
            Object.fromEntries(entry.map(({ name, values }) => [name, values])),
          ),
        }),
      }
    },
  ),
})

const mirrorFields = { pipeline: required(text({ expected: 'the path of a project', maxLength: 255 })) }
const mirror = struct({ what: 'needs', fields: mirrorFields })

/** `needs: { pipeline: group/project }`: the state of its latest pipeline. */
const mirrored: Reader<Needs> = {
  expected: NEEDS,
  keywords: [
    {
      path: '{pipeline}',
      supported: true,
      note: 'the latest pipeline of its default branch as the job starts; on the same Ballast, with the rights of who started this one',
    },
  ],
  read(node, place) {
    const isMirror = node.kind === 'map' && node.entries.some(({ key }) => key === 'pipeline')
    if (!isMirror) return mismatch(node, place, NEEDS)
    const read = mirror.read(node, place)
    return read && { elsewhere: [], mirror: read.pipeline }
  },
}

const manyNeeds: Reader<readonly (Need | 'nothing')[]> = {
  ...list(need, { max: MAX_WRITTEN_NEEDS, nested: true }),
  expected: NEEDS,
}

export const needs: Reader<Needs> = byKind({
  list: refine(manyNeeds, (read, node, place): Needs | undefined => {
    const jobs = read.filter(isOfThisPipeline)
    const seen = new Set<string>()
    for (const { job, matrix: choices, at } of jobs) {
      if (choices === undefined && seen.has(job)) {
        place.findings.error(at, 'NEED_DUPLICATE', `${quote(job)} is needed twice`)
      }
      seen.add(job)
    }
    const elsewhere = read.filter(isElsewhere)
    if (elsewhere.length > MAX_ELSEWHERE)
      return mismatch(node, place, `at most ${MAX_ELSEWHERE} needs of other pipelines`)
    // Only needs of this pipeline take a job out of the order of stages; an empty list does as well.
    return jobs.length > 0 || read.length === 0 ? { jobs, elsewhere } : { elsewhere }
  }),
  map: mirrored,
})

/** Of a rule: it chooses among jobs, and makes no other job of this one. */
export const ruleNeeds: Reader<Needs> = refine(needs, (read, node, place) =>
  read.mirror === undefined ? read : mismatch(node, place, 'a list (of jobs)'),
)

function isElsewhere(need: Need | 'nothing'): need is ElsewhereNeed {
  return need !== 'nothing' && 'from' in need
}

function isOfThisPipeline(need: Need | 'nothing'): need is NeedSpec {
  return need !== 'nothing' && !('from' in need)
}
