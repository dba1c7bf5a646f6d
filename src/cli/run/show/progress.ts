import { paint } from '../../report.ts'
import type { Tell } from '../engine/events.ts'
import { batched } from './batched.ts'
import { LiveProgress } from './live.ts'
import { jsonProgress, plainProgress } from './plain.ts'
import type { Paint } from './style.ts'
import { type RunResult, summaryText } from './summary.ts'

export interface Progress {
  readonly tell: Tell
  /** A word to whoever watches. */
  note(text: string): void
  /** The jobs have ended: nothing more is drawn over. */
  end(): void
  finish(result: RunResult): void
}

const onOutput: Paint = (colour, text) => paint(colour, text, process.stdout)

/** Drawn on a terminal, plain lines elsewhere, events for machines. */
export function progressFor({ quiet, json }: { readonly quiet: boolean; readonly json: boolean }): Progress {
  const out = batched(text => process.stdout.write(text))
  if (json) {
    return {
      tell: jsonProgress(out.write),
      note: text => void process.stderr.write(`${text}\n`),
      end: () => out.flush(),
      finish: ({ jobs, ...rest }) =>
        void process.stdout.write(`${JSON.stringify({ kind: 'run-ended', jobs: jobs.length, ...rest })}\n`),
    }
  }
  const finish = (result: RunResult): void =>
    void process.stdout.write(`\n${summaryText(result, onOutput)}\n`)
  if (quiet || !process.stdout.isTTY) {
    const tell = plainProgress({ write: out.write, paint: onOutput, quiet })
    return { tell, note: text => out.write(`${text}\n`), end: () => out.flush(), finish }
  }
  const live = new LiveProgress({
    write: text => void process.stdout.write(text),
    columns: () => process.stdout.columns || 80,
    rows: () => process.stdout.rows || 24,
    paint: onOutput,
    now: () => performance.now(),
  })
  return { tell: live.tell, note: text => live.note(text), end: () => live.end(), finish }
}
