import type { QuotaUse } from '../../../../api/index.ts'

export type Period = 'day' | 'month'

/** Up to so many are told in every report; past here those that changed, and all of them now and then. */
const TOLD_ALWAYS = 500
const TELL_ALL_MS = 5000
/** Keys whose use is remembered: as many tokens as an installation may have. */
const MAX_KEYS = 20_000

interface Use {
  window: string
  /** By this gateway. */
  used: number
  /** By the others, as the control plane last said. */
  elsewhere: number
}

/**
 * Use of quotas by day and month (UTC). Each gateway counts its own and tells the control plane, which tells it what
 * the others used: together they may go over by what comes until the next word, some seconds.
 */
export class Quotas {
  readonly #uses = new Map<string, Use>()
  readonly #clock: () => number
  readonly #changed = new Set<string>()
  #toldAll = 0
  readonly #windows = { day: { name: '', starts: 0, ends: 0 }, month: { name: '', starts: 0, ends: 0 } }
  /** Something was used. */
  onUse: () => void = () => {}

  /** `clock`: milliseconds since 1970. */
  constructor(clock: () => number = Date.now) {
    this.#clock = clock
  }

  /** How many of `requests` are left. */
  left(key: string, requests: number, per: Period): number {
    const use = this.#use(key, per)
    return Math.max(0, requests - use.used - use.elsewhere)
  }

  take(key: string, per: Period): void {
    this.#use(key, per).used++
    this.#changed.add(key)
    this.onUse()
  }

  /** Seconds until the window ends. */
  reset(per: Period): number {
    return Math.max(1, Math.ceil((this.#window(per).ends - this.#clock()) / 1000))
  }

  /** For a report: what it leaves out is as it was told before. */
  news(): QuotaUse[] {
    const all = this.#uses.size <= TOLD_ALWAYS || this.#clock() - this.#toldAll >= TELL_ALL_MS
    if (all) this.#toldAll = this.#clock()
    const own = this.own().filter(({ key }) => all || this.#changed.has(key))
    this.#changed.clear()
    return own
  }

  /** This gateway's use in the present windows. */
  own(): QuotaUse[] {
    const present = this.#present()
    return [...this.#uses]
      .filter(([, { window, used }]) => used > 0 && present.has(window))
      .map(([key, { window, used }]) => ({ key, window, used }))
  }

  /** What this gateway used before it was started again. */
  restore(uses: readonly QuotaUse[]): void {
    const present = this.#present()
    for (const { key, window, used } of uses) {
      if (!present.has(window)) continue
      const before = this.#uses.get(key)
      if (before === undefined) this.#keep(key, { window, used, elsewhere: 0 })
      else if (before.window === window) before.used = Math.max(before.used, used)
    }
  }

  /** What other gateways used, by the control plane's word. */
  hear(uses: readonly QuotaUse[]): void {
    const present = this.#present()
    for (const { key, window, used } of uses) {
      if (!present.has(window)) continue
      const use = this.#uses.get(key)
      if (use?.window === window) use.elsewhere = used
      else this.#keep(key, { window, used: 0, elsewhere: used })
    }
  }

  #use(key: string, per: Period): Use {
    const { name } = this.#window(per)
    let use = this.#uses.get(key)
    if (use === undefined) {
      use = { window: name, used: 0, elsewhere: 0 }
      this.#keep(key, use)
    } else if (use.window !== name) {
      use.window = name
      use.used = 0
      use.elsewhere = 0
    }
    return use
  }

  #keep(key: string, use: Use): void {
    if (this.#uses.size >= MAX_KEYS) this.#uses.delete(this.#uses.keys().next().value!)
    this.#uses.set(key, use)
  }

  #present(): ReadonlySet<string> {
    return new Set([this.#window('day').name, this.#window('month').name])
  }

  #window(per: Period): { readonly name: string; readonly ends: number } {
    const window = this.#windows[per]
    const now = this.#clock()
    // A clock that was set back counts in the window that it is in.
    if (now < window.ends && now >= window.starts) return window
    const date = new Date(now)
    const [year, month, day] = [date.getUTCFullYear(), date.getUTCMonth(), date.getUTCDate()]
    const daily = per === 'day'
    window.name = date.toISOString().slice(0, daily ? 10 : 7)
    window.starts = daily ? Date.UTC(year, month, day) : Date.UTC(year, month, 1)
    window.ends = daily ? Date.UTC(year, month, day + 1) : Date.UTC(year, month + 1, 1)
    return window
  }
}
