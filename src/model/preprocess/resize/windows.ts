import { type FloatWindows, FRACTION_BITS, type Windows } from '../../../kernels/index.ts'

/** One place's window before it is normalized: the first input, and a weight for each input. */
export interface Window {
  readonly start: number
  readonly weights: readonly number[]
}

/** As `Windows` of the kernels, with weights that are fractions. */
export interface FractionWindows extends Omit<Windows, 'weights'> {
  readonly weights: Float64Array
}

export function collect(from: number, to: number, windowAt: (place: number) => Window): FractionWindows {
  const windows = Array.from({ length: to }, (_, place) => windowAt(place))
  const stride = Math.max(1, ...windows.map(({ weights }) => weights.length))
  const made = new Float64Array(to * stride)
  windows.forEach(({ weights }, place) => {
    made.set(weights, place * stride)
  })
  return {
    from,
    to,
    starts: Int32Array.from(windows, ({ start }) => start),
    lengths: Int32Array.from(windows, ({ weights }) => weights.length),
    stride,
    weights: made,
  }
}

/** A filter as a function of the distance from a place, in inputs where the image grows; 0 beyond `support`. */
export interface Kernel {
  readonly support: number
  at(distance: number): number
}

/**
 * The windows that a kernel makes, widened by the scale where the axis shrinks so that it does not alias: what Pillow,
 * and PyTorch and TensorFlow with antialiasing, take.
 */
export function widened(from: number, to: number, { support, at }: Kernel): FractionWindows {
  const scale = from / to
  const reach = Math.max(scale, 1)
  const around = support * reach
  return collect(from, to, place => {
    const centre = (place + 0.5) * scale
    const start = Math.max(0, Math.trunc(centre - around + 0.5))
    const length = Math.min(from, Math.trunc(centre + around + 0.5)) - start
    const raw = Array.from({ length }, (_, k) => at((k + start - centre + 0.5) / reach))
    return { start, weights: normalized(raw) }
  })
}

/** The same sum with weights of inputs beyond the ends moved onto the last ones. */
export function inside({ start, weights }: Window, from: number): Window {
  const first = Math.min(from - 1, Math.max(0, start))
  const last = Math.min(from - 1, Math.max(0, start + weights.length - 1))
  const made = Array.from({ length: last - first + 1 }, () => 0)
  weights.forEach((weight, k) => {
    made[Math.min(last, Math.max(first, start + k)) - first]! += weight
  })
  return { start: first, weights: made }
}

export function normalized(weights: readonly number[]): readonly number[] {
  const sum = weights.reduce((a, b) => a + b, 0)
  return sum === 0 ? weights : weights.map(weight => weight / sum)
}

/** Weights as whole multiples of 2^−22, rounded to nearest, halves away from zero. */
export function fixed(windows: FractionWindows): Windows {
  const weights = Int32Array.from(windows.weights, weight => {
    const scaled = weight * 2 ** FRACTION_BITS
    return Math.trunc(scaled < 0 ? scaled - 0.5 : scaled + 0.5)
  })
  return { ...windows, weights }
}

/** Weights as float32. */
export function single(windows: FractionWindows): FloatWindows {
  return { ...windows, weights: Float32Array.from(windows.weights) }
}

/** Windows are the same for every image of a size. Few, and small ones, are kept. */
export class WindowCache<T extends { readonly weights: { readonly length: number } }> {
  readonly #kept = new Map<string, T>()

  get(key: string, make: () => T): T {
    const kept = this.#kept.get(key)
    if (kept) return kept
    const made = make()
    if (made.weights.length > MAX_KEPT_WEIGHTS) return made
    const oldest = this.#kept.keys().next()
    if (this.#kept.size >= MAX_KEPT && !oldest.done) this.#kept.delete(oldest.value)
    this.#kept.set(key, made)
    return made
  }
}

/** With the next limit, 16 MB at the most. */
const MAX_KEPT = 64
const MAX_KEPT_WEIGHTS = 32_768
