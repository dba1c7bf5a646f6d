import { formatDuration, type Location } from '../../../core/index.ts'
import type { ExcludedJob, JobWork, Plan, PlannedJob } from '../../../pipeline/index.ts'
import { clean } from '../../output/clean.ts'
import { table } from '../../output/table.ts'

/** Jobs that run, in the order of their stages: one a line, with when, why and where each is written. */
export function planText(plan: Plan, file: string): string {
  const { jobs, stages, name, excluded = [] } = plan
  const head = [
    `${clean(file)}: ${count(jobs.length, 'job')}${name === undefined ? '' : `, '${clean(name)}'`}`,
    ...(stages && stages.length > 0 ? [`stages: ${stages.map(clean).join(' → ')}`] : []),
  ]
  const rows = inStages(plan).map(job => [
    clean(job.name),
    clean(job.stage ?? ''),
    whenOf(job),
    needsOf(job),
    extrasOf(job),
    clean(job.skip === undefined ? (job.why ?? '') : `skipped: ${job.skip}`),
    placeOf(job.at),
  ])
  const heading = ['JOB', 'STAGE', 'WHEN', 'NEEDS', 'WITH', 'WHY', 'AT']
  return [
    ...head,
    '',
    ...(rows.length > 0 ? [withoutEmpty(heading, rows)] : []),
    ...excludedLines(excluded),
  ].join('\n')
}

/** Jobs that are written and do not run, each with its reason. */
export function excludedLines(excluded: readonly ExcludedJob[]): readonly string[] {
  if (excluded.length === 0) return []
  const rows = excluded.map(({ name, reason, at }) => [clean(name), clean(reason), placeOf(at)])
  return ['', `not in this pipeline: ${count(excluded.length, 'job')}`, table(['JOB', 'WHY NOT', 'AT'], rows)]
}

/** By stage, and within one as the plan has them. */
export function inStages({ jobs, stages = [] }: Plan): readonly PlannedJob[] {
  const places = new Map(stages.map((stage, place) => [stage, place]))
  const place = (job: PlannedJob) => places.get(job.stage ?? '') ?? stages.length
  return jobs.toSorted((a, b) => place(a) - place(b))
}

export function placeOf(at: Location | undefined): string {
  return at ? clean(`${at.file}:${at.line}:${at.column}`) : ''
}

/** `manual`, `after 30 min`, `on success` … */
export function whenOf({ start, allowFailure }: PlannedJob): string {
  const kind = start?.kind ?? 'on_success'
  const when = start?.kind === 'delayed' ? `delayed ${formatDuration(start.delay)}` : kind.replace('_', ' ')
  return allowFailure ? `${when}, may fail` : when
}

const MAX_NEEDS_SHOWN = 4

function needsOf({ needs, order }: PlannedJob): string {
  if (needs.length === 0) return order === 'stages' ? 'earlier stages' : 'nothing'
  const shown = needs.slice(0, MAX_NEEDS_SHOWN).map(clean).join(', ')
  return needs.length > MAX_NEEDS_SHOWN ? `${shown} and ${needs.length - MAX_NEEDS_SHOWN} more` : shown
}

function extrasOf({ labels, image, services, work, environment }: PlannedJob): string {
  return [
    ...(labels ?? []),
    ...(image ? [`image ${image.name}`] : []),
    ...(services ?? []).map(({ name }) => `service ${name}`),
    ...(environment ? [`environment ${environment.name}`] : []),
    ...(work.kind === 'script' ? [] : [kindOf(work)]),
  ]
    .map(clean)
    .join(', ')
}

function kindOf(work: Exclude<JobWork, { kind: 'script' }>): string {
  if (work.kind === 'stage') return 'model stage'
  if (work.kind === 'deploy') return 'deployment'
  return work.target.kind === 'project' ? `triggers ${work.target.project}` : 'child pipeline'
}

/** Columns in which no row says anything are left out. */
function withoutEmpty(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const used = head.map((_, column) => column).filter(column => rows.some(row => row[column] !== ''))
  const pick = (row: readonly string[]) => used.map(column => row[column] ?? '')
  return table(pick(head), rows.map(pick))
}

function count(n: number, what: string): string {
  return `${n} ${what}${n === 1 ? '' : 's'}`
}
