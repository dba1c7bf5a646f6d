import { hasEnded } from '../../../pipeline/index.ts'
import { clean } from '../../output/clean.ts'
import type { JobSummary, RunEvent, Tell } from '../engine/events.ts'
import { type Colour, colourOf, markOf, type Paint } from './style.ts'
import { shortTime } from './time.ts'

const NAME_COLOURS: readonly Colour[] = ['cyan', 'yellow', 'green', 'bold']
const MAX_NAME = 30

export interface PlainOptions {
  readonly write: (text: string) => void
  readonly paint: Paint
  /** Only what came of each job. */
  readonly quiet: boolean
}

/** Lines for a file or a pipe: each with the name of its job before it, as the jobs write them. */
export function plainProgress({ write, paint, quiet }: PlainOptions): Tell {
  let width = 0
  const colours = new Map<string, Colour>()
  const prefix = (job: string): string => {
    const name = clean(job).slice(0, MAX_NAME)
    width = Math.max(width, name.length)
    if (!colours.has(job)) colours.set(job, NAME_COLOURS[colours.size % NAME_COLOURS.length]!)
    return paint(colours.get(job)!, name.padEnd(width))
  }
  return event => {
    switch (event.kind) {
      case 'job-output':
        if (!quiet) write(`${prefix(event.job)} | ${printable(event.line)}\n`)
        return
      case 'job-note':
        if (!quiet) write(`${prefix(event.job)} * ${clean(event.text)}\n`)
        return
      case 'job-ended':
        if (hasRun(event.job) || quiet) write(`${endLine(event.job, paint)}\n`)
        return
      default:
    }
  }
}

function hasRun({ startedMs, state }: JobSummary): boolean {
  return startedMs !== undefined || (hasEnded(state) && state !== 'skipped')
}

/** `✓ build  1.2 s`. */
export function endLine(job: JobSummary, paint: Paint): string {
  const time = job.durationMs === undefined ? '' : `  ${shortTime(job.durationMs)}`
  const reason = job.reason === undefined || job.state === 'succeeded' ? '' : `  ${clean(job.reason)}`
  const word = job.state === 'succeeded' ? '' : `  ${job.state}`
  return `${paint(colourOf(job), markOf(job))} ${clean(job.job)}${time}${word}${reason}`
}

/** What moves a cursor or turns the direction of a text; colours stay. */
const CONTROLS =
  /\u001b(?!\[[\d;]*m)(\[[0-?]*[ -/]*[@-~]|\][^\u0007\u001b]*(\u0007|\u001b\\)|.)?|[\u0000-\u0008\u000b-\u001a\u001c-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/g

/** A job's line as it may be printed: with its colours, and nothing else that steers a terminal. */
export function printable(line: string): string {
  const text = line.replace(CONTROLS, '')
  return text.includes('\u001b[') ? `${text}\u001b[0m` : text
}

/** One event a line, as JSON. */
export function jsonProgress(write: (text: string) => void): Tell {
  return (event: RunEvent) => write(`${JSON.stringify(event)}\n`)
}
