import type { JobState } from '../../../pipeline/index.ts'
import type { JobSummary, PipelineEnd } from '../engine/events.ts'

export type Colour = 'red' | 'green' | 'yellow' | 'cyan' | 'gray' | 'bold'
/** Colours a text, or leaves it as it is. */
export type Paint = (colour: Colour, text: string) => string

const COLOURS: Readonly<Record<JobState, Colour>> = {
  blocked: 'gray',
  ready: 'gray',
  running: 'cyan',
  waiting: 'yellow',
  succeeded: 'green',
  failed: 'red',
  errored: 'red',
  canceled: 'yellow',
  skipped: 'gray',
}

export function colourOf({ state, forgiven }: Pick<JobSummary, 'state' | 'forgiven'>): Colour {
  return forgiven ? 'yellow' : COLOURS[state]
}

/** One character each, so that columns stand. */
const MARKS: Readonly<Record<JobState, string>> = {
  blocked: '·',
  ready: '·',
  running: '▸',
  waiting: '‖',
  succeeded: '✓',
  failed: '✗',
  errored: '✗',
  canceled: '■',
  skipped: '○',
}

export function markOf({ state, forgiven }: Pick<JobSummary, 'state' | 'forgiven'>): string {
  return forgiven ? '!' : MARKS[state]
}

export function endColour(state: PipelineEnd): Colour {
  if (state === 'succeeded') return 'green'
  return state === 'failed' ? 'red' : 'yellow'
}
