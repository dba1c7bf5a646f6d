import type { Location } from '../../../core/index.ts'
import {
  commands,
  compilePlan,
  JOB_NAME,
  MAX_JOB_NAME,
  MAX_JOBS,
  MAX_NEEDS,
  type PlannedJob,
} from '../../../pipeline/index.ts'
import {
  list,
  mapOf,
  type NamedEntry,
  optional,
  required,
  type StructOf,
  struct,
} from '../../reader/composites.ts'
import { byKind, placed, type Reader, refine } from '../../reader/reader.ts'
import { choice, flag, integer, text } from '../../reader/scalars.ts'
import { duration } from '../../reader/units.ts'
import { command, oneOrMore, patterns } from './commands.ts'
import { keepFields, keepOf } from './keep.ts'
import { machineFields, machineOf } from './machine.ts'
import { variables } from './variables.ts'

const MAX_COMMANDS = 100
const SECOND = 1000
const HOUR = 3_600_000
const DEFAULT_TIMEOUT = HOUR
const MAX_TIMEOUT = 7 * 24 * HOUR

const need = placed(text({ expected: 'the name of a job', maxLength: MAX_JOB_NAME }))

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
  manual: optional(flag(), 'whether it waits for a person', false),
  interruptible: optional(flag(), 'whether a newer push of the branch may cancel it', false),
  resource_group: optional(
    text({ expected: 'the name of a group', maxLength: 200 }),
    'of the jobs of a group one runs at a time, over all pipelines',
  ),
  shell: optional(choice(['sh', 'bash']), 'sh: each command by itself. bash: all as one script', 'sh'),
  ...machineFields,
  ...keepFields,
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
    const compiled = compilePlan(entries.map(({ name, at, value }) => plannedJob(name, at, value)))
    if (compiled.kind === 'plan') return compiled.plan.jobs
    for (const { code, job, need, message, hint } of compiled.problems) {
      const at = whereIs(entries, job, need) ?? node.at
      place.findings.error(at, code, message, hint === undefined ? {} : { hint })
    }
    return undefined
  },
)

function plannedJob(name: string, at: Location, job: WrittenJob): PlannedJob {
  const { interruptible, resource_group: group } = job
  return {
    name,
    at,
    work: { ...commands(job.run), shell: job.shell ?? 'sh' },
    needs: (job.needs ?? []).map(({ value }) => value),
    env: Object.fromEntries((job.env ?? []).map(variable => [variable.name, variable.value])),
    artifacts: job.produces ?? job.artifacts ?? [],
    timeout: job.timeout ?? DEFAULT_TIMEOUT,
    retries: job.retry ?? 0,
    allowFailure: job.allow_failure ?? false,
    ...(job.manual && { start: { kind: 'manual' as const } }),
    ...(interruptible && { interruptible }),
    ...(group !== undefined && { resourceGroup: { name: group } }),
    ...machineOf(job),
    ...keepOf(name, job),
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
