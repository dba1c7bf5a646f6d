import { setTimeout as wait } from 'node:timers/promises'
import { feedbackAnswerSchema } from '../../api/index.ts'
import { BallastError, type Milliseconds } from '../../core/index.ts'
import { askEndpoint } from '../predict/endpoint.ts'
import { linesOf } from './lines.ts'

export interface FeedbackTarget {
  /** Of a gateway, without a slash at the end. */
  readonly url: string
  readonly token: string | undefined
  /** What lines have that do not name theirs. */
  readonly defaults: Readonly<Record<string, string>>
  readonly timeoutMs: Milliseconds
}

/** As a gateway takes them in one call. */
const MAX_ITEMS = 1000
const MAX_CHARACTERS = 2 ** 20
/** A gateway that is busy is asked again: what is told twice counts once. */
const TRIES = 10
const PAUSE_MS: Milliseconds = 1000
const BUSY: ReadonlySet<unknown> = new Set([429, 503])

interface Part {
  readonly first: number
  readonly last: number
  readonly text: string
}

/**
 * Sends a file of lines, part by part, and counts what became of them. Throws FEEDBACK_INVALID, which names the line,
 * and what asking a gateway throws; parts before are told then, and are counted once when the file is sent again.
 */
export async function sendFeedback(
  file: AsyncIterable<Uint8Array>,
  target: FeedbackTarget,
): Promise<Readonly<Record<string, number>>> {
  const counts: Record<string, number> = {}
  for await (const part of partsOf(file, target.defaults)) {
    const answer = await send(part, target)
    for (const [outcome, count] of Object.entries(answer)) counts[outcome] = (counts[outcome] ?? 0) + count
  }
  return counts
}

async function* partsOf(file: AsyncIterable<Uint8Array>, defaults: object): AsyncGenerator<Part> {
  let [text, items, number, first] = ['', 0, 0, 1]
  for await (const line of linesOf(file)) {
    number++
    if (line.trim() === '') continue
    if (items === 0) first = number
    text += `${JSON.stringify({ ...defaults, ...itemOf(line, number) })}\n`
    items++
    if (items < MAX_ITEMS && text.length < MAX_CHARACTERS) continue
    yield { first, last: number, text }
    ;[text, items] = ['', 0]
  }
  if (items > 0) yield { first, last: number, text }
}

function itemOf(line: string, number: number): object {
  try {
    const value: unknown = JSON.parse(line)
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value
  } catch {
    // Told below.
  }
  throw invalid(`Line ${number} is no JSON object`)
}

async function send(part: Part, target: FeedbackTarget): Promise<Readonly<Record<string, number>>> {
  for (let left = TRIES; ; left--) {
    try {
      return await ask(part, target)
    } catch (error) {
      const status = error instanceof BallastError ? error.details['status'] : undefined
      if (status === 400) throw invalid(`Lines ${part.first} to ${part.last}: ${String(error)}`, error)
      if (!BUSY.has(status) || left <= 1) throw error
    }
    await wait(PAUSE_MS)
  }
}

async function ask(
  { text }: Part,
  { url, token, timeoutMs }: FeedbackTarget,
): Promise<Readonly<Record<string, number>>> {
  const exact = `${url}/v1/feedback`
  const headers = { 'content-type': 'application/x-ndjson' }
  const input = { path: 'infer' as const, headers, body: Buffer.from(text) }
  const { body } = await askEndpoint({ model: exact, exact }, input, { token }, timeoutMs)
  return feedbackAnswerSchema.parse(JSON.parse(body.toString('utf8'))).counts
}

function invalid(message: string, cause?: unknown): BallastError {
  return new BallastError('FEEDBACK_INVALID', {
    message,
    hint: 'Each line is such as {"id":"…","label":"cat"}; or "score" or "reward" in place of the label.',
    cause,
  })
}
