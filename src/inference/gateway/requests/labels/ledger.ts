import { readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import { type Quality, qualitySchema } from '../../../../api/index.ts'
import { randomText, replaceFile } from '../../../../core/index.ts'
import { type SegmentLimits, Segments } from '../segments/segments.ts'
import { type Effect, effectSchema, QualityCounts } from './counts.ts'
import type { Kind, Truth } from './feedback.ts'

/** A line of the ledger: what was told of a request, and what that adds to the counts. */
const lineSchema = z.object({
  id: z.string(),
  n: z.number().int(),
  at: z.string(),
  kind: z.enum(['label', 'score', 'reward']),
  value: z.union([z.string(), z.number(), z.array(z.union([z.string(), z.number()]))]),
  by: z.string().optional(),
  effects: z.array(effectSchema),
})
export type LabelLine = z.infer<typeof lineSchema>

const countsSchema = z.object({ ledger: z.string(), n: z.number().int(), quality: qualitySchema })
const FILE = 'counts.json'
/** The clock of the disk is not that of the process. */
const CLOCK_SLACK_MS = 60_000

export interface NewLabel {
  readonly id: string
  readonly kind: Kind
  readonly value: Truth
  readonly by: string | undefined
  readonly effects: readonly Effect[]
}

/**
 * What was told of a model's requests, and the counts that come of it. Lines are written before they are counted, and
 * the counts say how far they go: after a kill the lines behind that are counted, each once.
 */
export class LabelLedger {
  /** Names this ledger: counts of another are others, though of the same model. */
  readonly name: string
  readonly segments: Segments
  readonly #path: string
  readonly #counts: QualityCounts
  #last: number

  private constructor(path: string, segments: Segments, name: string, last: number, counts: QualityCounts) {
    this.#path = path
    this.segments = segments
    this.name = name
    this.#last = last
    this.#counts = counts
  }

  static async open(folder: string, limits: SegmentLimits, now: () => number): Promise<LabelLedger> {
    const segments = await Segments.open(folder, limits, now)
    const path = join(folder, FILE)
    const kept = await readCounts(path)
    const counts = new QualityCounts(kept?.quality)
    let last = kept?.n ?? 0
    const since = kept === undefined ? 0 : kept.at - CLOCK_SLACK_MS
    for await (const json of segments.lines(since)) {
      const line = lineIn(json)
      if (line === undefined || line.n <= last) continue
      for (const effect of line.effects) counts.add(effect)
      last = line.n
    }
    const ledger = new LabelLedger(path, segments, kept?.ledger ?? randomText(16), last, counts)
    await ledger.#save()
    return ledger
  }

  /** Number of the last line that is counted. */
  get last(): number {
    return this.#last
  }

  get quality(): Quality {
    return this.#counts.quality
  }

  /** What was told of a request before. */
  async of(id: string): Promise<readonly LabelLine[]> {
    return (await this.segments.find(id)).flatMap(json => lineIn(json) ?? [])
  }

  /** Rejects where the disk does not take them; then none of them counts. */
  async append(labels: readonly NewLabel[], at: string): Promise<void> {
    let n = this.#last
    const entries = labels.map(({ id, kind, value, by, effects }) => {
      const line = { id, n: ++n, at, kind, value, ...(by !== undefined && { by }), effects }
      return { id, json: JSON.stringify(line) }
    })
    await this.segments.append(entries)
    this.#last = n
    for (const { effects } of labels) for (const effect of effects) this.#counts.add(effect)
    await this.#save()
  }

  #save(): Promise<void> {
    const kept = { ledger: this.name, n: this.#last, quality: this.#counts.quality }
    return replaceFile(this.#path, JSON.stringify(kept))
  }
}

function lineIn(json: string): LabelLine | undefined {
  return lineSchema.safeParse(JSON.parse(json)).data
}

/** `at`: when they were written. Undefined where there are none, or they can't be read: then all lines are counted. */
async function readCounts(
  path: string,
): Promise<(z.infer<typeof countsSchema> & { readonly at: number }) | undefined> {
  try {
    const [text, { mtimeMs }] = await Promise.all([readFile(path, 'utf8'), stat(path)])
    return { ...countsSchema.parse(JSON.parse(text)), at: mtimeMs }
  } catch {
    return undefined
  }
}
