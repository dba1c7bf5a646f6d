import { type FloatWindows, FRACTION_BITS, type ImagePasses, type Pairs, type Windows } from './types.ts'

const HALF = 2 ** (FRACTION_BITS - 1)

/** The passes in plain TypeScript. */
export const plainPasses: ImagePasses = { columns, rows, floatColumns, floatRows, linear, lookUp }

function columns(
  source: Uint8Array,
  channels: number,
  { from, to, starts, lengths, stride, weights }: Windows,
  target: Uint8Array,
  height: number,
): void {
  for (let y = 0, at = 0; y < height; y++) {
    const line = y * from * channels
    for (let x = 0; x < to; x++) {
      const base = x * stride
      const length = lengths[x]!
      for (let channel = 0; channel < channels; channel++) {
        let sum = HALF
        let place = line + starts[x]! * channels + channel
        for (let k = 0; k < length; k++, place += channels) sum += source[place]! * weights[base + k]!
        target[at++] = toByte(sum)
      }
    }
  }
}

function rows(
  source: Uint8Array,
  row: number,
  { starts, lengths, stride, weights }: Windows,
  target: Uint8Array,
  first: number,
  end: number,
): void {
  for (let y = first; y < end; y++) {
    const base = y * stride
    const length = lengths[y]!
    const line = starts[y]! * row
    for (let i = 0; i < row; i++) {
      let sum = HALF
      for (let k = 0, place = line + i; k < length; k++, place += row) {
        sum += source[place]! * weights[base + k]!
      }
      target[y * row + i] = toByte(sum)
    }
  }
}

const f = Math.fround

function floatColumns(
  source: Uint8Array,
  channels: number,
  { from, to, starts, lengths, stride, weights }: FloatWindows,
  target: Float32Array,
  height: number,
): void {
  for (let y = 0, at = 0; y < height; y++) {
    for (let x = 0; x < to; x++) {
      const first = (y * from + starts[x]!) * channels
      for (let channel = 0; channel < channels; channel++) {
        let sum = 0
        for (let k = 0; k < lengths[x]!; k++) {
          sum = f(sum + f(source[first + k * channels + channel]! * weights[x * stride + k]!))
        }
        target[at++] = sum
      }
    }
  }
}

function floatRows(
  source: Float32Array,
  row: number,
  { starts, lengths, stride, weights }: FloatWindows,
  target: Float32Array,
  first: number,
  end: number,
): void {
  for (let y = first; y < end; y++) {
    const base = y * stride
    for (let i = 0; i < row; i++) {
      let sum = 0
      for (let k = 0, at = starts[y]! * row + i; k < lengths[y]!; k++, at += row) {
        sum = f(sum + f(source[at]! * weights[base + k]!))
      }
      target[y * row + i] = sum
    }
  }
}

function linear(
  source: Uint8Array,
  channels: number,
  across: Pairs,
  down: Pairs,
  target: Uint8Array,
  first: number,
  end: number,
): void {
  const row = across.starts.length * channels
  const lineAt = (y: number): Int32Array => {
    const line = new Int32Array(row)
    for (let i = 0; i < row; i++) {
      const x = Math.floor(i / channels)
      const at = (y * across.from + across.starts[x]!) * channels + (i % channels)
      const right = across.weights[2 * x + 1]!
      line[i] = source[at]! * across.weights[2 * x]! + (right === 0 ? 0 : source[at + channels]! * right)
    }
    return line
  }
  for (let y = first; y < end; y++) {
    const [above, below] = neighbours(down, y)
    const [a, b] = [lineAt(above), lineAt(below)]
    const [wa, wb] = [down.weights[2 * y]!, down.weights[2 * y + 1]!]
    for (let i = 0; i < row; i++) {
      target[y * row + i] = (((wa * (a[i]! >> 4)) >> 16) + ((wb * (b[i]! >> 4)) >> 16) + 2) >> 2
    }
  }
}

/** The rows that an output of `linear` lies between. */
export function neighbours({ from, starts }: Pairs, place: number): readonly [number, number] {
  const within = (at: number): number => Math.min(from - 1, Math.max(0, at))
  return [within(starts[place]!), within(starts[place]! + 1)]
}

function lookUp(
  source: Uint8Array,
  tables: readonly Float32Array[],
  planar: boolean,
  target: Float32Array,
  first: number,
  end: number,
): void {
  const channels = tables.length
  const size = source.length / channels
  for (let channel = 0; channel < channels; channel++) {
    const table = tables[channel]!
    const step = planar ? 1 : channels
    let at = planar ? channel * size + first : channel + first * channels
    for (let place = channel + first * channels; place < end * channels; place += channels, at += step) {
      target[at] = table[source[place]!]!
    }
  }
}

/** The sums are below 2^31, but for weights that are no filter's. */
function toByte(sum: number): number {
  const value = sum >> FRACTION_BITS
  return value < 0 ? 0 : value > 255 ? 255 : value
}
