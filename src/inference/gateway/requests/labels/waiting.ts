import type { Milliseconds } from '../../../../core/index.ts'
import { Segments } from '../segments/segments.ts'
import { type FeedbackItem, readFeedback } from './feedback.ts'

/** What came of an id that is not known (yet): it may be of another gateway, or of a request that is not written yet. */
export interface WaitingItem {
  readonly item: FeedbackItem
  readonly by: string | undefined
  /** Whose requests its token may label; undefined for all. */
  readonly projects: readonly string[] | undefined
  /** Epoch milliseconds. */
  readonly at: number
}

const KEEP_MS: Milliseconds = 24 * 3_600_000
const MAX_ITEMS = 100_000
/** Of one token: the others have room beside it. */
const MAX_OF_GIVER = 25_000
/** Of one id: more are no feedback. */
const MAX_OF_ONE = 8
const MAX_BYTES = 64 * 2 ** 20

/** Feedback that waits for its request, for a day. In memory, and in segments for the next process. */
export class Waiting {
  readonly #segments: Segments
  readonly #now: () => number
  readonly #items = new Map<string, WaitingItem[]>()
  readonly #byGiver = new Map<string, number>()
  #size = 0

  private constructor(segments: Segments, now: () => number) {
    this.#segments = segments
    this.#now = now
  }

  static async open(folder: string, now: () => number): Promise<Waiting> {
    const waiting = new Waiting(
      await Segments.open(folder, { maxBytes: MAX_BYTES, keepMs: KEEP_MS }, now),
      now,
    )
    for await (const json of waiting.#segments.lines()) {
      const line = JSON.parse(json) as { id: string; taken?: true } & Partial<WaitingItem>
      if (line.taken) waiting.#remove(line.id)
      else if (line.item !== undefined && typeof line.at === 'number') {
        const [item] = readFeedback(Buffer.from(JSON.stringify(line.item)))
        if (item) waiting.#put({ item, by: line.by, projects: line.projects, at: line.at })
      }
    }
    waiting.expire()
    return waiting
  }

  get size(): number {
    return this.#size
  }

  has(id: string): boolean {
    return this.#items.has(id)
  }

  /** Those that are kept, of those given; the rest is too much. */
  async add(items: readonly WaitingItem[]): Promise<readonly boolean[]> {
    const kept = items.map(each => this.#put(each))
    const lines = items.filter((_, i) => kept[i])
    if (lines.length > 0) {
      await this.#segments.append(
        lines.map(({ item, ...rest }) => ({
          id: item.id,
          json: JSON.stringify({ id: item.id, item, ...rest }),
        })),
      )
    }
    return kept
  }

  /** Takes out what waits for these ids. */
  async take(ids: readonly string[]): Promise<readonly WaitingItem[]> {
    const found = new Set(ids.filter(id => this.#items.has(id)))
    if (found.size === 0) return []
    const items = [...found].flatMap(id => this.#remove(id))
    await this.#segments.append([...found].map(id => ({ id, json: JSON.stringify({ id, taken: true }) })))
    return items
  }

  /** Lets go of what has waited too long. */
  expire(): void {
    const oldest = this.#now() - KEEP_MS
    for (const [id, [first]] of this.#items) {
      if (first !== undefined && first.at >= oldest) return
      this.#remove(id)
    }
  }

  async retain(): Promise<void> {
    this.expire()
    await this.#segments.retain()
  }

  close(): Promise<void> {
    return this.#segments.close()
  }

  #put(each: WaitingItem): boolean {
    const { id } = each.item
    const there = this.#items.get(id)
    const giver = each.by ?? ''
    const given = this.#byGiver.get(giver) ?? 0
    if (this.#size >= MAX_ITEMS || given >= MAX_OF_GIVER || (there?.length ?? 0) >= MAX_OF_ONE) return false
    this.#size++
    this.#byGiver.set(giver, given + 1)
    if (there === undefined) this.#items.set(id, [each])
    else there.push(each)
    return true
  }

  #remove(id: string): readonly WaitingItem[] {
    const items = this.#items.get(id) ?? []
    this.#items.delete(id)
    this.#size -= items.length
    for (const { by: giver = '' } of items) {
      const left = (this.#byGiver.get(giver) ?? 0) - 1
      if (left > 0) this.#byGiver.set(giver, left)
      else this.#byGiver.delete(giver)
    }
    return items
  }
}
