import { mkdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import { replaceFile } from '../../../core/index.ts'
import { LabelLedger } from './labels/ledger.ts'
import { type Entry, type SegmentLimits, Segments } from './segments/segments.ts'

const FILE = 'log.json'
/** Labels are small beside what they are about. */
const LABELS_PART = 1 / 8

const keptSchema = z.object({
  environment: z.string(),
  model: z.string(),
  keepMs: z.number().positive(),
  maxBytes: z.number().positive(),
})

/** Whose log it is. */
export interface Named {
  readonly environment: string
  readonly model: string
}

/**
 * What one model's requests and labels in one environment are kept in:
 *
 *   log.json    whose, and its limits: they hold on when the log is not declared any more
 *   records/    segments of requests
 *   labels/     segments of labels
 */
export class ModelLog implements Named {
  readonly environment: string
  readonly model: string
  readonly records: Segments
  readonly labels: LabelLedger
  readonly folder: string
  #limits: SegmentLimits

  private constructor(
    folder: string,
    { environment, model }: Named,
    limits: SegmentLimits,
    records: Segments,
    labels: LabelLedger,
  ) {
    this.folder = folder
    this.environment = environment
    this.model = model
    this.records = records
    this.labels = labels
    this.#limits = limits
  }

  static async open(
    folder: string,
    named: Named,
    limits: SegmentLimits,
    now: () => number,
  ): Promise<ModelLog> {
    await mkdir(folder, { recursive: true, mode: 0o700 })
    const [ofRecords, ofLabels] = partsOf(limits)
    const records = await Segments.open(join(folder, 'records'), ofRecords, now)
    const labels = await LabelLedger.open(join(folder, 'labels'), ofLabels, now)
    const log = new ModelLog(folder, named, limits, records, labels)
    await log.#save()
    return log
  }

  /** As an earlier process left it; undefined for a folder that is none of ours. */
  static async reopen(folder: string, now: () => number): Promise<ModelLog | undefined> {
    const text = await readFile(join(folder, FILE), 'utf8').catch(() => undefined)
    const kept = text === undefined ? undefined : keptSchema.safeParse(parsed(text)).data
    return kept && ModelLog.open(folder, kept, kept, now)
  }

  async limit(limits: SegmentLimits): Promise<void> {
    const { keepMs, maxBytes } = this.#limits
    if (limits.keepMs === keepMs && limits.maxBytes === maxBytes) return
    this.#limits = limits
    ;[this.records.limits, this.labels.segments.limits] = partsOf(limits)
    await this.#save()
    await this.retain()
  }

  append(entries: readonly Entry[]): Promise<void> {
    return this.records.append(entries)
  }

  async retain(): Promise<void> {
    await Promise.all([this.records.retain(), this.labels.segments.retain()])
  }

  async close(): Promise<void> {
    await Promise.all([this.records.close(), this.labels.segments.close()])
  }

  async #save(): Promise<void> {
    const { environment, model } = this
    const { keepMs, maxBytes } = this.#limits
    await replaceFile(join(this.folder, FILE), JSON.stringify({ environment, model, keepMs, maxBytes }))
  }
}

function partsOf({ keepMs, maxBytes }: SegmentLimits): readonly [SegmentLimits, SegmentLimits] {
  const labels = Math.floor(maxBytes * LABELS_PART)
  return [
    { keepMs, maxBytes: maxBytes - labels },
    { keepMs, maxBytes: labels },
  ]
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
