import { isDeepStrictEqual } from 'node:util'
import type { ModelLog } from '../model-log.ts'
import type { RequestLog } from '../request-log.ts'
import { type FeedbackItem, KINDS, type Kind, type Truth } from './feedback.ts'
import { effectsOf } from './join.ts'
import type { NewLabel } from './ledger.ts'
import type { Waiting, WaitingItem } from './waiting.ts'

/**
 * What becomes of an item. joined: counted. repeated: was known. conflicting: something else was told of the request
 * before, which stays, as decisions may rest on it. waiting: its request is not known here. not logged: nor ever will
 * be, by the sample. full: too much waits.
 */
export type Fate = 'joined' | 'repeated' | 'conflicting' | 'waiting' | 'not logged' | 'full'

/** Who gives feedback, and of what it may. */
export interface Giver {
  readonly by: string | undefined
  readonly projects: readonly string[] | undefined
}

export interface LabelsContext {
  readonly log: RequestLog
  readonly waiting: Waiting
  /** Undefined where nothing of it is served here any more. */
  projectOf(log: ModelLog): string | undefined
  /** Whether a request of this id may have been written. */
  mayBeLogged(item: FeedbackItem): boolean
  /** Epoch milliseconds. */
  readonly now: () => number
}

const EVERY: readonly Fate[] = ['joined', 'repeated', 'conflicting', 'waiting', 'not logged', 'full']

/** Joins feedback with the requests that it is about, one call after the other. */
export class Labels {
  readonly #context: LabelsContext
  readonly counts: Record<Fate, number> = Object.fromEntries(EVERY.map(fate => [fate, 0])) as Record<
    Fate,
    number
  >
  #work: Promise<unknown> = Promise.resolve()
  onCounted: () => void = () => {}
  /** What is not known here: another gateway may know it. */
  onUnknown: (items: readonly FeedbackItem[], giver: Giver) => void = () => {}

  constructor(context: LabelsContext) {
    this.#context = context
  }

  /** The fate of each item. Rejects where the disk takes nothing; then nothing was counted that is not written. */
  give(items: readonly FeedbackItem[], giver: Giver): Promise<readonly Fate[]> {
    return this.#run(async () => {
      await this.#context.log.flush()
      const fates = await this.#join(items.map(item => ({ item, ...giver, at: this.#context.now() })))
      return this.#keep(items, fates, giver)
    })
  }

  /** What was told at another gateway, which does not know it: it counts where it is known here. */
  async giveForeign(items: readonly FeedbackItem[], giver: Giver): Promise<void> {
    await this.#context.log.flush()
    await this.#run(() => this.#join(items.map(item => ({ item, ...giver, at: this.#context.now() }))))
  }

  /** Requests were written: what waits for them is joined. */
  written(ids: readonly string[]): void {
    const { waiting } = this.#context
    const wanted = ids.filter(id => waiting.has(id))
    if (wanted.length === 0) return
    void this.#run(async () => {
      const items = await waiting.take(wanted)
      const fates = await this.#join(items)
      // Of another project, or another model than it names.
      const left = items.filter((_, i) => fates[i] === undefined)
      if (left.length > 0) await waiting.add(left)
    }).catch(() => undefined)
  }

  settled(): Promise<void> {
    return this.#run(async () => undefined)
  }

  #run<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#work.then(work)
    this.#work = done.catch(() => undefined)
    return done
  }

  /** Undefined where its request is not known, or not this giver's to label. */
  async #join(items: readonly WaitingItem[]): Promise<readonly (Fate | undefined)[]> {
    const fates: (Fate | undefined)[] = []
    const news = new Map<ModelLog, NewLabel[]>()
    for (const each of items) {
      const found = await this.#find(each)
      if (found === undefined) {
        fates.push(undefined)
        continue
      }
      const labels = news.get(found.log) ?? []
      news.set(found.log, labels)
      fates.push(await this.#news(each, found, labels))
    }
    const at = new Date(this.#context.now()).toISOString()
    for (const [log, labels] of news) if (labels.length > 0) await log.labels.append(labels, at)
    for (const fate of fates) if (fate !== undefined) this.counts[fate]++
    if (news.size > 0) this.onCounted()
    return fates
  }

  async #find({
    item,
    projects,
  }: WaitingItem): Promise<{ readonly log: ModelLog; readonly records: readonly string[] } | undefined> {
    const { environment, model, id } = item
    const named = { ...(environment !== undefined && { environment }), ...(model !== undefined && { model }) }
    for (const log of await this.#context.log.logs(named)) {
      const project = this.#context.projectOf(log)
      if (projects !== undefined && (project === undefined || !projects.includes(project))) continue
      const records = await log.records.find(id)
      if (records.length > 0) return { log, records }
    }
    return undefined
  }

  /** Adds to `labels` what was not told before. */
  async #news(
    { item, by }: WaitingItem,
    { log, records }: { readonly log: ModelLog; readonly records: readonly string[] },
    labels: NewLabel[],
  ): Promise<Fate> {
    const { id } = item
    const before: readonly { readonly kind: Kind; readonly value: Truth }[] = [
      ...(await log.labels.of(id)),
      ...labels.filter(label => label.id === id),
    ]
    let fate: Fate = 'repeated'
    for (const kind of KINDS) {
      const value = item[kind]
      if (value === undefined) continue
      const known = before.find(each => each.kind === kind)
      if (known !== undefined) {
        if (!isDeepStrictEqual(known.value, value)) fate = 'conflicting'
        continue
      }
      labels.push({ id, kind, value, by, effects: effectsOf(records, kind, value) })
      if (fate === 'repeated') fate = 'joined'
    }
    return fate
  }

  async #keep(
    items: readonly FeedbackItem[],
    fates: readonly (Fate | undefined)[],
    giver: Giver,
  ): Promise<readonly Fate[]> {
    const { waiting, mayBeLogged, now } = this.#context
    const unknown = items.filter((item, i) => fates[i] === undefined && mayBeLogged(item))
    if (unknown.length > 0) this.onUnknown(unknown, giver)
    const kept = await waiting.add(unknown.map(item => ({ item, ...giver, at: now() })))
    return items.map((item, i) => {
      const at = unknown.indexOf(item)
      const fate = fates[i] ?? (at < 0 ? 'not logged' : kept[at] ? 'waiting' : 'full')
      if (fates[i] === undefined) this.counts[fate]++
      return fate
    })
  }
}
