import type { Location } from '../../core/index.ts'
import {
  commands,
  compilePlan,
  JOB_NAME,
  MAX_JOB_NAME,
  MAX_JOBS,
  MAX_NEEDS,
  type PlannedJob,
} from '../../pipeline/index.ts'
import {
  list,
  mapOf,
  type NamedEntry,
  optional,
  required,
  type StructOf,
  struct,
} from '../reader/composites.ts'
import { glob } from '../reader/paths.ts'
import { byKind, placed, type Reader, refine } from '../reader/reader.ts'
import { flag, integer, plainText, text } from '../reader/scalars.ts'
import { duration } from '../reader/units.ts'

/** A script that is longer belongs into a file of the repository. */
const MAX_COMMAND = 32_768
const MAX_COMMANDS = 100
const MAX_VARIABLES = 100
/** The kernel's own limit for one string of the environment is 128 KiB. */
const MAX_VARIABLE = 32_768
const MAX_PATTERNS = 50
const SECOND = 1000
const HOUR = 3_600_000
const DEFAULT_TIMEOUT = HOUR
const MAX_TIMEOUT = 7 * 24 * HOUR

function oneOrMore<T>(item: Reader<T>, max: number): Reader<readonly T[]> {
  return byKind({ scalar: refine(item, value => [value]), list: list(item, { min: 1, max }) })
}

const command = text({ expected: 'a shell command', pattern: /^[^\u0000]*$/, maxLength: MAX_COMMAND })
const need = placed(text({ expected: 'the name of a job', maxLength: MAX_JOB_NAME }))
const patterns = oneOrMore(glob(), MAX_PATTERNS)
const variables = mapOf({
  key: {
    pattern: /^(?!__proto__$)(?!BALLAST_)[A-Za-z_][A-Za-z0-9_]*$/,
    expected: 'the name of a variable (letters, digits and _; BALLAST_… is taken)',
    maxLength: 200,
  },
  value: plainText(MAX_VARIABLE),
  max: MAX_VARIABLES,
})

const fields = {
  run: required(oneOrMore(command, MAX_COMMANDS), 'shell commands; the first that fails ends the job'),
  needs: optional(
    byKind({ scalar: refine(need, name => [name]), list: list(need, { max: MAX_NEEDS }) }),
    'jobs that must succeed before this one starts',
    [],
  ),
  env: optional(variables, 'environment variables'),
  produces: optional(
    patterns,
    'files to keep: later jobs that need this one, and the model stages, find them',
  ),
  artifacts: optional(patterns, 'the same as produces'),
  timeout: optional(duration(SECOND, MAX_TIMEOUT, '1s to 7d'), 'how long it may run', '1h'),
  retry: optional(integer(0, 5), 'how often a failed attempt is tried again', 0),
  allow_failure: optional(flag(), 'whether the pipeline goes on when it fails', false),
}
type WrittenJob = StructOf<typeof fields>

/** The user's jobs as a compiled plan: in order, every need there. */
export const jobsSection: Reader<readonly PlannedJob[]> = refine(
  mapOf({
    key: { pattern: JOB_NAME, expected: 'the name of a job', maxLength: MAX_JOB_NAME },
    value: struct({ what: 'a job', fields, exclusive: ['produces', 'artifacts'] }),
    max: MAX_JOBS,
  }),
  (entries, node, place) => {
    const compiled = compilePlan(entries.map(({ name, value }) => plannedJob(name, value)))
    if (compiled.kind === 'plan') return compiled.plan.jobs
    for (const { code, job, need, message, hint } of compiled.problems) {
      const at = whereIs(entries, job, need) ?? node.at
      place.findings.error(at, code, message, hint === undefined ? {} : { hint })
    }
    return undefined
  },
)

function plannedJob(name: string, job: WrittenJob): PlannedJob {
  return {
    name,
    work: commands(job.run),
    needs: (job.needs ?? []).map(({ value }) => value),
    env: Object.fromEntries((job.env ?? []).map(variable => [variable.name, variable.value])),
    artifacts: job.produces ?? job.artifacts ?? [],
    timeout: job.timeout ?? DEFAULT_TIMEOUT,
    retries: job.retry ?? 0,
    allowFailure: job.allow_failure ?? false,
  }
}

function whereIs(
  entries: readonly NamedEntry<WrittenJob>[],
  job: string,
  need?: number,
): Location | undefined {
  const entry = entries.find(({ name }) => name === job)
  return (need === undefined ? undefined : entry?.value.needs?.[need]?.at) ?? entry?.at
}
