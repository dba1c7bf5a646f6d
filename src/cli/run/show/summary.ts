import { hasEnded, type JobState } from '../../../pipeline/index.ts'
import { clean } from '../../output/clean.ts'
import { table } from '../../output/table.ts'
import type { JobSummary, PipelineEnd } from '../engine/events.ts'
import type { CriticalPath } from './critical.ts'
import { colourOf, endColour, markOf, type Paint } from './style.ts'
import { shortTime } from './time.ts'

export interface RunResult {
  readonly state: PipelineEnd
  readonly jobs: readonly JobSummary[]
  readonly totalMs: number
  readonly critical: CriticalPath
  /** Folder of logs, as the user would name it. */
  readonly folder: string
}

/** With more jobs than this those that went well are only counted. */
const MAX_ROWS = 60
const MAX_REASON = 100

/** A table of the jobs, those that did not go well last, and how long all took. */
export function summaryText(result: RunResult, paint: Paint): string {
  const { jobs, state, totalMs, critical, folder } = result
  const shown = jobs.length > MAX_ROWS ? jobs.filter(job => job.state !== 'succeeded') : jobs
  const ordered = shown.toSorted((a, b) => Number(isBad(a)) - Number(isBad(b)))
  const rows = ordered.map(job => [
    `${markOf(job)} ${clean(job.job)}`,
    stateOf(job),
    job.durationMs === undefined ? '' : shortTime(job.durationMs),
    clean(job.reason ?? coverageOf(job)).slice(0, MAX_REASON),
  ])
  const lines = rows.length > 0 ? table(['  JOB', 'STATE', 'TIME', 'WHY'], rows).split('\n') : []
  const painted = lines.map((line, n) =>
    n === 0 ? paint('bold', line) : paintRow(line, ordered[n - 1]!, paint),
  )
  return [
    ...painted,
    ...(rows.length > 0 ? [''] : []),
    `${paint(endColour(state), state)} in ${shortTime(totalMs)}: ${counts(jobs)}`,
    ...criticalLine(critical),
    `logs: ${folder}`,
  ].join('\n')
}

function paintRow(line: string, job: JobSummary, paint: Paint): string {
  const mark = markOf(job)
  return `${paint(colourOf(job), mark)}${line.slice(mark.length)}`
}

function isBad({ state, forgiven }: JobSummary): boolean {
  return (state === 'failed' || state === 'errored') && !forgiven
}

function coverageOf({ coverage }: JobSummary): string {
  return coverage === undefined ? '' : `coverage ${coverage} %`
}

function stateOf({ state, forgiven, tries }: JobSummary): string {
  const word = forgiven ? `${state}, may` : hasEnded(state) ? state : 'not run'
  return tries > 1 ? `${word} (${tries} tries)` : word
}

const ORDER: readonly JobState[] = [
  'succeeded',
  'failed',
  'errored',
  'canceled',
  'skipped',
  'waiting',
  'blocked',
]

/** `3 succeeded, 1 failed`. */
function counts(jobs: readonly JobSummary[]): string {
  const found = ORDER.flatMap(state => {
    const count = jobs.filter(job => job.state === state).length
    return count > 0 ? [`${count} ${state}`] : []
  })
  return found.join(', ') || 'no jobs'
}

const MAX_PATH_SHOWN = 8

function criticalLine({ jobs, duration }: CriticalPath): readonly string[] {
  if (jobs.length < 2) return []
  const shown = jobs.slice(0, MAX_PATH_SHOWN).map(clean).join(' → ')
  const more = jobs.length > MAX_PATH_SHOWN ? ` → … (${jobs.length} jobs)` : ''
  return [`critical path ${shortTime(duration)}: ${shown}${more}`]
}
