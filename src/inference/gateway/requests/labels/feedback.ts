import { z } from 'zod'
import { InferenceError } from '../../../errors.ts'

/** Of one call; a file of more is sent in parts. */
export const MAX_ITEMS = 1000
const MAX_ROWS = 1024
const MAX_LABEL = 256
/** A sum of squares of these stays exact enough, whatever their number. */
const MAX_NUMBER = 1e12

const word = z.union([z.string().max(MAX_LABEL), z.number().min(-MAX_NUMBER).max(MAX_NUMBER)])
const itemSchema = z
  .strictObject({
    /** Of the request: what it was answered as `Ballast-Request-Id`. */
    id: z.string().min(1).max(128),
    environment: z.string().max(128).optional(),
    model: z.string().max(128).optional(),
    /** What is right: a class by its name or index, or a value; a list for a batch. */
    label: z.union([word, z.array(word).min(1).max(MAX_ROWS)]).optional(),
    /** How good the answer was, from 0 to 1. */
    score: z.number().min(0).max(1).optional(),
    /** What came of the answer. */
    reward: z.number().min(-MAX_NUMBER).max(MAX_NUMBER).optional(),
  })
  .refine(
    ({ label, score, reward }) => label !== undefined || score !== undefined || reward !== undefined,
    'a label, a score or a reward is missing',
  )
export type FeedbackItem = z.infer<typeof itemSchema>
export type Truth = NonNullable<FeedbackItem['label']>

/** What is known of a request later, one thing at a time. */
export type Kind = 'label' | 'score' | 'reward'
export const KINDS: readonly Kind[] = ['label', 'score', 'reward']

/**
 * The items of a call: one object, a list of them, or a line of JSON each. All are right, or none is taken.
 * Throws REQUEST_INVALID, with the place of the first mistake.
 */
export function readFeedback(body: Buffer): readonly FeedbackItem[] {
  const values = valuesIn(body.toString('utf8'))
  if (values.length > MAX_ITEMS) {
    throw refuse(`There are ${values.length} items; a call takes ${MAX_ITEMS}`, 'Send them in parts.')
  }
  return values.map((value, i) => {
    const item = itemSchema.safeParse(value)
    if (item.success) return item.data
    const [issue] = item.error.issues
    throw refuse(
      `Item ${i + 1}: ${[...(issue?.path ?? []), ''].join('.')} ${issue?.message}`.replace('. ', ': '),
    )
  })
}

function valuesIn(text: string): readonly unknown[] {
  try {
    const value: unknown = JSON.parse(text)
    return Array.isArray(value) ? value : [value]
  } catch {
    // Lines, below.
  }
  const lines = text.split('\n').filter(line => line.trim() !== '')
  return lines.map((line, i) => {
    try {
      return JSON.parse(line)
    } catch {
      throw refuse(`Line ${i + 1} is no JSON`)
    }
  })
}

function refuse(
  message: string,
  hint = 'Such as {"id":"…","label":"cat"}; a list, or a line each, for more than one.',
): InferenceError {
  return new InferenceError('REQUEST_INVALID', { message, hint })
}
