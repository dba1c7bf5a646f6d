/**
 * Where OpenCV 4 and 5 look along an axis: modules/imgproc/src/resize.cpp, in its own mixture of float32 and float64.
 * Place `i` takes `taps` neighbours from `starts[i]` on, which may lie beyond the ends: there the last one counts.
 */
export interface Axis {
  readonly taps: number
  readonly starts: Int32Array
  /** float32, from `i * taps` on. */
  readonly weights: Float32Array
}

export type Interpolation = 'bilinear' | 'bicubic' | 'lanczos' | 'area'

/** How much of the input an output takes: OpenCV's, the inverse of an inverse. */
export function scaleOf(from: number, to: number): number {
  return 1 / (to / from)
}

/** `clamped`: whether weights at the ends are moved onto the last input, as OpenCV does for columns and not for rows. */
export function axisOf(from: number, to: number, by: Interpolation, clamped: boolean): Axis {
  const { taps, weigh } = TAPS[by]
  const starts = new Int32Array(to)
  const weights = new Float32Array(to * taps)
  for (let place = 0; place < to; place++) {
    let { at, fraction } = by === 'area' ? enlarged(place, from, to) : centred(place, from, to)
    if (clamped && taps === 2 && at < 0) [at, fraction] = [0, 0]
    if (clamped && taps === 2 && at >= from - 1) [at, fraction] = [from - 1, 0]
    starts[place] = at - taps / 2 + 1
    weights.set(weigh(fraction), place * taps)
  }
  return { taps, starts, weights }
}

interface Place {
  readonly at: number
  /** float32, 0…1. */
  readonly fraction: number
}

function centred(place: number, from: number, to: number): Place {
  const exact = Math.fround((place + 0.5) * scaleOf(from, to) - 0.5)
  const at = Math.floor(exact)
  return { at, fraction: Math.fround(exact - at) }
}

/** INTER_AREA where an axis grows. */
function enlarged(place: number, from: number, to: number): Place {
  const at = Math.floor(place * scaleOf(from, to))
  const fraction = Math.fround(place + 1 - (at + 1) * (to / from))
  return { at, fraction: fraction <= 0 ? 0 : Math.fround(fraction - Math.floor(fraction)) }
}

const f = Math.fround

const TAPS: Readonly<Record<Interpolation, { taps: number; weigh: (x: number) => readonly number[] }>> = {
  bilinear: { taps: 2, weigh: x => [f(1 - x), x] },
  area: { taps: 2, weigh: x => [f(1 - x), x] },
  bicubic: { taps: 4, weigh: cubic },
  lanczos: { taps: 8, weigh: lanczos4 },
}

/** Keys' kernel with a = −3/4, in float32; the last weight makes the sum one. */
function cubic(x: number): readonly number[] {
  const a = -0.75
  const x1 = f(x + 1)
  const first = f(f(f(f(f(f(a * x1) - f(5 * a)) * x1) + f(8 * a)) * x1) - f(4 * a))
  const near = (x: number): number => f(f(f(f(f(f(a + 2) * x) - f(a + 3)) * x) * x) + 1)
  const second = near(x)
  const third = near(f(1 - x))
  return [first, second, third, f(f(f(1 - first) - second) - third)]
}

const HALF_ROOT = Math.SQRT1_2
/** Sine and cosine turned by multiples of π/4. */
const TURNS = [
  [1, 0],
  [-HALF_ROOT, -HALF_ROOT],
  [0, 1],
  [HALF_ROOT, -HALF_ROOT],
  [-1, 0],
  [HALF_ROOT, HALF_ROOT],
  [0, -1],
  [-HALF_ROOT, HALF_ROOT],
] as const

function lanczos4(x: number): readonly number[] {
  const y0 = -f(x + 3) * Math.PI * 0.25
  const [sine, cosine] = [Math.sin(y0), Math.cos(y0)]
  let sum = 0
  const raw = TURNS.map(([a, b], i) => {
    const distance = f(f(x + 3) - i)
    const y = -distance * Math.PI * 0.25
    const weight = Math.abs(distance) >= f(1e-6) ? f((a * sine + b * cosine) / (y * y)) : f(1e30)
    sum = f(sum + weight)
    return weight
  })
  const inverse = f(1 / sum)
  return raw.map(weight => f(weight * inverse))
}
