import { stripVTControlCharacters } from 'node:util'
import { clean } from '../../output/clean.ts'
import type { RunEvent, Tell } from '../engine/events.ts'
import { endLine } from './plain.ts'
import type { Paint } from './style.ts'
import { shortTime } from './time.ts'

/** The least time between two drawings: a terminal shows no more, and each costs. */
const DRAW_MS = 80
const SPINNER: readonly string[] = ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏']
/** Lines for running jobs; more are only counted, as the terminal scrolls. */
const MAX_LINES = 12

export interface Terminal {
  readonly write: (text: string) => void
  readonly columns: () => number
  readonly rows: () => number
  readonly paint: Paint
  readonly now: () => number
}

interface RunningJob {
  readonly since: number
  line: string
}

/** What a terminal shows while jobs run: those that ended scroll by, those that run have a line each below. */
export class LiveProgress {
  readonly #terminal: Terminal
  readonly #running = new Map<string, RunningJob>()
  #timer: NodeJS.Timeout | undefined
  #drawn = 0
  #total = 0
  #ended = 0
  #frame = 0
  #above: string[] = []

  constructor(terminal: Terminal) {
    this.#terminal = terminal
  }

  readonly tell: Tell = event => {
    this.#take(event)
    this.#timer ??= setInterval(() => this.draw(), DRAW_MS)
  }

  note(text: string): void {
    this.#above.push(clean(text))
  }

  #take(event: RunEvent): void {
    switch (event.kind) {
      case 'pipeline-started':
        this.#total += event.jobs
        return
      case 'job-started':
        this.#running.set(event.job, { since: this.#terminal.now(), line: '' })
        return
      case 'job-output': {
        const running = this.#running.get(event.job)
        if (running && event.line.trim() !== '') running.line = event.line
        return
      }
      case 'job-note':
        this.#above.push(`* ${clean(event.job)}: ${clean(event.text)}`)
        return
      case 'job-ended':
        this.#running.delete(event.job.job)
        this.#ended++
        if (event.job.state !== 'skipped') this.#above.push(endLine(event.job, this.#terminal.paint))
        return
      default:
    }
  }

  /** Draws what has changed; called by itself, and by tests. */
  draw(): void {
    const { write } = this.#terminal
    this.#frame++
    const below = this.#linesBelow()
    const above = this.#above.splice(0)
    write(`${erase(this.#drawn)}${[...above, ...below].map(line => `${line}\n`).join('')}`)
    this.#drawn = below.length
  }

  /** Takes the lines of running jobs away: what follows is the summary. */
  end(): void {
    clearInterval(this.#timer)
    const above = this.#above.splice(0)
    this.#terminal.write(`${erase(this.#drawn)}${above.map(line => `${line}\n`).join('')}`)
    this.#drawn = 0
  }

  #linesBelow(): readonly string[] {
    const { rows, paint } = this.#terminal
    const room = Math.max(1, Math.min(MAX_LINES, rows() - 3))
    const jobs = [...this.#running]
    const lines = jobs.slice(0, room).map(([name, job]) => this.#lineOf(name, job))
    const more = jobs.length > room ? `, ${jobs.length - room} more running` : ''
    return [...lines, paint('gray', `${this.#ended} of ${this.#total} jobs${more}`)]
  }

  #lineOf(name: string, { since, line }: RunningJob): string {
    const { columns, paint, now } = this.#terminal
    const spinner = SPINNER[this.#frame % SPINNER.length]!
    const head = `${spinner} ${clean(name)}  ${shortTime(now() - since)}`
    const room = columns() - head.length - 4
    const last = clean(stripVTControlCharacters(line)).slice(0, Math.max(0, room))
    const shownHead = head.slice(0, Math.max(0, columns() - 1))
    return last === '' ? paint('cyan', shownHead) : `${paint('cyan', shownHead)}  ${paint('gray', last)}`
  }
}

/** Up over the lines drawn before, and everything from there on away. */
function erase(lines: number): string {
  return lines === 0 ? '' : `\u001b[${lines}A\u001b[J`
}
