/** Where the parts of an interval are drawn, as fractions 0 … 1 of the bar's width. */
export interface IntervalShape {
  readonly low: number
  readonly high: number
  /** The ends that lie beyond the bar, drawn open. */
  readonly openLow: boolean
  readonly openHigh: boolean
  readonly value: number | undefined
  readonly limit: number | undefined
  readonly zero: number | undefined
}

export interface IntervalFigures {
  readonly interval: readonly [low: number, high: number]
  readonly value?: number | undefined
  readonly limit?: number | undefined
}

/** Space left and right of what is drawn. */
const PADDING = 0.12
/** An end further than this many times the rest of the picture would squeeze it to nothing: it is cut. */
const MAX_STRETCH = 20
/** JSON tells an end that has no bound by the greatest number there is; arithmetic stops well before it. */
const UNBOUNDED = 1e300

/**
 * Fits interval, value and limit into one bar. Zero is marked where it falls inside by itself; it never
 * widens the picture (an accuracy of 0.98 is not drawn from 0).
 *
 *   interval [0.1, 0.3], limit 0.2 -> limit at the middle
 */
export function intervalShape(figures: IntervalFigures): IntervalShape {
  const [low, high] = [bounded(figures.interval[0]), bounded(figures.interval[1])]
  const value = figures.value === undefined ? undefined : bounded(figures.value)
  const limit = figures.limit === undefined ? undefined : bounded(figures.limit)
  const { start, scale } = windowOf(
    low,
    high,
    [value, limit].filter(each => each !== undefined),
  )
  const place = (at: number) => Math.min(1, Math.max(0, (at - start) / scale))
  const within = (at: number) => at >= start && at <= start + scale
  return {
    low: place(low),
    high: place(high),
    openLow: !within(low),
    openHigh: !within(high),
    value: value === undefined ? undefined : place(value),
    limit: limit === undefined ? undefined : place(limit),
    zero: within(0) ? place(0) : undefined,
  }
}

const bounded = (figure: number) => Math.min(UNBOUNDED, Math.max(-UNBOUNDED, figure))

/** What the bar shows: the anchors, and the ends that are not too far from them. */
function windowOf(low: number, high: number, anchors: readonly number[]) {
  const near = anchors.length > 0 ? anchors : [0]
  const spread = Math.max(...near) - Math.min(...near) || Math.abs(near[0]!) || 1
  const reached = (end: number) =>
    Math.abs(end) < UNBOUNDED &&
    (anchors.length === 0 || near.some(at => Math.abs(end - at) <= spread * MAX_STRETCH))
  const drawn = [...near, ...[low, high].filter(reached)]
  const from = Math.min(...drawn)
  const width = Math.max(...drawn) - from || Math.abs(from) * 0.1 || 1
  return { start: from - width * PADDING, scale: width * (1 + 2 * PADDING) }
}
