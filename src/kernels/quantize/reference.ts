import type { Block, ColumnGrids, Int8Grid, WeightPasses } from './types.ts'

/** The passes in plain TypeScript: what the kernels are held against, and used where the engine has no SIMD. */
export const plainWeightPasses: WeightPasses = {
  range,
  columnRanges,
  int8,
  columnInt8,
  blocks,
  turnedBlocks,
  float16,
  bfloat16,
}

function range(numbers: Float32Array): readonly [number, number] {
  let [least, greatest] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]
  for (const number of numbers) {
    // A comparison with NaN is false, either way.
    if (!(number >= least)) least = number
    if (!(number <= greatest)) greatest = number
    if (Number.isNaN(number)) return [Number.NaN, Number.NaN]
  }
  return [least, greatest]
}

function columnRanges(
  numbers: Float32Array,
  first: number,
  least: Float32Array,
  greatest: Float32Array,
): void {
  let column = first
  for (const number of numbers) {
    // Math.min and Math.max keep a NaN.
    least[column] = Math.min(least[column]!, number)
    greatest[column] = Math.max(greatest[column]!, number)
    if (++column === least.length) column = 0
  }
}

function int8(numbers: Float32Array, grid: Int8Grid, target: Uint8Array): void {
  const { zeroPoint, least, greatest } = grid
  const scale = Math.fround(grid.scale)
  for (let i = 0; i < numbers.length; i++)
    target[i] = clamped(roundHalfEven(Math.fround(numbers[i]! / scale)) + zeroPoint, least, greatest)
}

function columnInt8(numbers: Float32Array, first: number, grids: ColumnGrids, target: Uint8Array): void {
  const { scales, zeroPoints, least, greatest } = grids
  let column = first
  for (let i = 0; i < numbers.length; i++) {
    const quotient = Math.fround(numbers[i]! / scales[column]!)
    target[i] = clamped(roundHalfEven(quotient) + zeroPoints[column]!, least, greatest)
    if (++column === scales.length) column = 0
  }
}

function blocks(
  numbers: Float32Array,
  columns: number,
  { bits, size, asymmetric }: Block,
  packed: Uint8Array,
  scales: Float32Array,
  zeroPoints: Uint8Array,
): boolean {
  const count = numbers.length / (columns * size)
  const middle = 2 ** (bits - 1)
  for (let column = 0; column < columns; column++) {
    for (let b = 0; b < count; b++) {
      const start = b * size * columns + column
      let [least, greatest] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]
      for (let i = 0; i < size; i++) {
        const number = numbers[start + i * columns]!
        if (number < least) least = number
        if (number > greatest) greatest = number
      }
      const { scale, zeroPoint } = asymmetric
        ? spread(least, greatest, middle)
        : mirrored(least, greatest, middle)
      const reciprocal = scale === 0 ? 0 : Math.fround(1 / scale)
      const at = column * count + b
      scales[at] = scale
      if (asymmetric) zeroPoints[at] = zeroPoint
      for (let i = 0; i < size; i++) {
        const place = placeOf(numbers[start + i * columns]!, reciprocal, zeroPoint, 2 * middle - 1)
        if (bits === 8) packed[at * size + i] = place
        else if (i % 2 === 0) packed[(at * size + i) / 2] = place
        else packed[(at * size + i - 1) / 2]! |= place << 4
      }
    }
  }
  return numbers.every(Number.isFinite)
}

function turnedBlocks(
  numbers: Float32Array,
  inputs: number,
  block: Block,
  packed: Uint8Array,
  scales: Float32Array,
  zeroPoints: Uint8Array,
): boolean {
  const outputs = numbers.length / inputs
  const turned = new Float32Array(Math.ceil(inputs / block.size) * block.size * outputs)
  for (let output = 0; output < outputs; output++)
    for (let input = 0; input < inputs; input++)
      turned[input * outputs + output] = numbers[output * inputs + input]!
  return blocks(turned, outputs, block, packed, scales, zeroPoints)
}

/** The number of the largest magnitude goes to the lowest place; of two, the negative one. */
function mirrored(least: number, greatest: number, middle: number): { scale: number; zeroPoint: number } {
  const extreme = Math.abs(greatest) > Math.abs(least) ? greatest : least
  return { scale: Math.fround(extreme / -middle), zeroPoint: middle }
}

/** From the least to the greatest, 0 among them. */
function spread(least: number, greatest: number, middle: number): { scale: number; zeroPoint: number } {
  const most = 2 * middle - 1
  const [low, high] = [Math.min(least, 0), Math.max(greatest, 0)]
  const scale = Math.fround(Math.fround(high - low) / most)
  const zero = scale === 0 ? low : Math.fround(Math.fround(0 - low) / scale)
  return { scale, zeroPoint: zero < 0 ? 0 : zero > most ? most : roundHalfAway(zero) }
}

function placeOf(number: number, reciprocal: number, zeroPoint: number, most: number): number {
  const place = Math.fround(Math.fround(number * reciprocal) + zeroPoint)
  return clamped(roundHalfAway(place), 0, most)
}

function float16(numbers: Float32Array, target: Uint16Array): void {
  const bits = new Uint32Array(numbers.buffer, numbers.byteOffset, numbers.length)
  for (let i = 0; i < bits.length; i++) target[i] = float16Bits(bits[i]!)
}

/** 2^−24, as 5.96e-8 becomes; numbers below come to it as well. */
const TINY_BITS = 0x3380_0000
const LARGEST_BITS = 0x477f_e000
const INFINITY_BITS = 0x7f80_0000

/** Of a float32's bits. */
function float16Bits(bits: number): number {
  const sign = (bits >>> 16) & 0x8000
  const magnitude = bits & 0x7fff_ffff
  if (magnitude > INFINITY_BITS) return sign | 0x7e00 | ((magnitude >>> 13) & 0x3ff)
  if (magnitude === INFINITY_BITS) return sign | 0x7c00
  if (magnitude > LARGEST_BITS) return sign | 0x7bff
  if (magnitude === 0) return sign
  // Below the smallest: one unit, 2^−24.
  if (magnitude <= TINY_BITS) return sign | 1
  const exponent = magnitude >>> 23
  // 1/2 ulp of float16 is 2^12 of these bits, and more below 2^−14, where its numbers stand 2^−24 apart.
  if (exponent >= 113) {
    const odd = (magnitude >>> 13) & 1
    return sign | (((magnitude + 0xfff + odd) >>> 13) - (112 << 10))
  }
  const shift = 126 - exponent
  const whole = (magnitude & 0x7f_ffff) | 0x80_0000
  const half = 1 << (shift - 1)
  const kept = whole >>> shift
  const rest = whole & ((1 << shift) - 1)
  return sign | (kept + (rest > half || (rest === half && kept & 1) ? 1 : 0))
}

function bfloat16(numbers: Float32Array, target: Uint16Array): void {
  const bits = new Uint32Array(numbers.buffer, numbers.byteOffset, numbers.length)
  for (let i = 0; i < bits.length; i++) {
    const whole = bits[i]!
    const nan = (whole & 0x7fff_ffff) > INFINITY_BITS
    target[i] = nan ? (whole >>> 16) | 0x40 : (whole + 0x7fff + ((whole >>> 16) & 1)) >>> 16
  }
}

function clamped(value: number, least: number, greatest: number): number {
  return value < least ? least : value > greatest ? greatest : value
}

function roundHalfEven(value: number): number {
  const rounded = Math.round(value)
  return rounded - value === 0.5 && rounded % 2 !== 0 ? rounded - 1 : rounded
}

function roundHalfAway(value: number): number {
  return value < 0 ? -Math.round(-value) : Math.round(value)
}
