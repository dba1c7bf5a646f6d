/** A figure at a time (milliseconds), and a line of them, oldest first. */
export interface Look {
  readonly at: number
  readonly value: number
}

/** A time that is told of, with its words. */
export interface ChartMark {
  readonly at: number
  readonly text: string
}

export const WIDTH = 360
export const HEIGHT = 132
/** Where lines are drawn; the rest is for words. */
export const AREA = { left: 36, top: 8, right: WIDTH - 8, bottom: HEIGHT - 20 } as const

/** Where evidence decides: it is told in parts of what would. */
export const BOUND = 1
/** The bound stays in the picture with some room above it, whatever the lines do. */
const LEAST_TOP = 1.15
/** What goes further is drawn along the edge, so that one line never presses the others flat. */
const FARTHEST = { low: -0.5, high: 2 } as const

export interface Frame {
  readonly from: number
  readonly to: number
  readonly low: number
  readonly high: number
}

/** What the picture spans: all looks, and always zero and the bound. */
export function frameOf(looks: readonly Look[]): Frame {
  const times = looks.map(({ at }) => at)
  const values = looks.map(({ value }) => value)
  const from = times.length > 0 ? Math.min(...times) : 0
  const to = times.length > 0 ? Math.max(...times) : 0
  return {
    from,
    // A single look stands at the right end: it is the latest.
    to: to > from ? to : from + 1,
    low: Math.max(FARTHEST.low, Math.min(0, ...values)),
    high: Math.min(FARTHEST.high, Math.max(LEAST_TOP, ...values)),
  }
}

export function placeX({ from, to }: Frame, at: number): number {
  return rounded(AREA.left + ((at - from) / (to - from)) * (AREA.right - AREA.left))
}

export function placeY({ low, high }: Frame, value: number): number {
  const kept = Math.min(high, Math.max(low, value))
  return rounded(AREA.bottom - ((kept - low) / (high - low)) * (AREA.bottom - AREA.top))
}

/** `points` of a polyline. */
export function lineOf(frame: Frame, looks: readonly Look[]): string {
  return looks.map(({ at, value }) => `${placeX(frame, at)},${placeY(frame, value)}`).join(' ')
}

const rounded = (place: number) => Math.round(place * 10) / 10
