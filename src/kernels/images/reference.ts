import { FRACTION_BITS, type ImagePasses, type Windows } from './types.ts'

const HALF = 2 ** (FRACTION_BITS - 1)

/** The passes in plain TypeScript. */
export const plainPasses: ImagePasses = { columns, rows, lookUp }

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
