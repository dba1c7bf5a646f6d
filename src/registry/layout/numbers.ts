import type { ByteSource } from '../../core/index.ts'
import type { FileLayout } from './types.ts'

/** Below this it does not matter what the bytes are. */
const MIN_BYTES: number = 1024 * 1024
const SAMPLES = 32
const SAMPLE_BYTES = 4096
/** Of the samples that are not all zeros: a file of weights has some tables of integers too. */
const MAJORITY = 0.8
/** Exponents of weights lie close together: 2.5 to 3.5 bits in real ones, 8 in random bytes. */
const MAX_EXPONENT_BITS = 4.8
/** The lowest bits of a number that was computed are random: 7.8 bits of a byte in a sample of this length. */
const MIN_NOISE_BITS = 6.5

type FloatKind = 'float32' | 'float64' | 'float16' | 'bfloat16'

interface Form {
  readonly kind: FloatKind
  readonly width: number
  /** Where the bytes are that hold sign and exponent, the higher one first; where a byte of mantissa is. */
  readonly high: number
  readonly low: number
  readonly mantissa: number
  /** Of these two bytes, the bits of the exponent: float64's highest eight of eleven. */
  readonly exponent: (high: number, low: number) => number
  /** Of infinities and NaN, which weights have not. */
  readonly ones: number
}

const eight = (high: number, low: number): number => ((high & 127) << 1) | (low >> 7)
/** A byte of mantissa is where the exponent of a narrower type would stand: that tells them apart. */
const FORMS: readonly Form[] = [
  { kind: 'float64', width: 8, high: 7, low: 6, mantissa: 3, exponent: eight, ones: 255 },
  { kind: 'float32', width: 4, high: 3, low: 2, mantissa: 1, exponent: eight, ones: 255 },
  { kind: 'bfloat16', width: 2, high: 1, low: 0, mantissa: 0, exponent: eight, ones: 255 },
  { kind: 'float16', width: 2, high: 1, low: 0, mantissa: 0, exponent: high => (high >> 2) & 31, ones: 31 },
]

/**
 * The layout of bytes that no reader knows and that look like floating-point numbers of one type throughout: external
 * data of an ONNX model, a shard of a checkpoint, where the file that describes them is not at hand. They are one
 * tensor, `data`, so that they are coded as numbers and compared with the same place of an earlier version. A
 * mistake costs room, and never a byte. Undefined for anything else. Reads 128 KiB; throws what the source throws.
 */
export async function numbersIn(source: ByteSource): Promise<FileLayout | undefined> {
  const { size } = source
  if (size < MIN_BYTES) return undefined
  const votes = new Map<FloatKind, number>()
  let cast = 0
  for (let i = 0; i < SAMPLES; i++) {
    const at = Math.floor(((size - SAMPLE_BYTES) * i) / (SAMPLES - 1) / 8) * 8
    const sample = await source.read(at, SAMPLE_BYTES)
    if (sample.every(byte => byte === 0)) continue
    cast++
    const kind = floatsIn(sample)
    if (kind) votes.set(kind, (votes.get(kind) ?? 0) + 1)
  }
  const [first] = [...votes].toSorted(([, a], [, b]) => b - a)
  if (!first || first[1] < MAJORITY * cast) return undefined
  const { kind, width } = FORMS.find(form => form.kind === first[0])!
  const length = size - (size % width)
  return { tensors: [{ name: 'data', dtype: kind, shape: [length / width], offset: 0, length, kind }] }
}

/** What elements a sample has: the first form whose exponents are few and whose mantissas are any. */
function floatsIn(sample: Uint8Array): FloatKind | undefined {
  return FORMS.find(form => {
    const { width, high, low, mantissa, exponent, ones } = form
    const exponents = new Uint32Array(256)
    const mantissas = new Uint32Array(256)
    for (let at = 0; at < sample.length; at += width) {
      exponents[exponent(sample[at + high]!, sample[at + low]!)]!++
      mantissas[sample[at + mantissa]!]!++
    }
    const total = sample.length / width
    const finite = exponents[ones]! < total / 100
    return (
      finite && bitsOf(exponents, total) <= MAX_EXPONENT_BITS && bitsOf(mantissas, total) >= MIN_NOISE_BITS
    )
  })?.kind
}

/** Shannon's entropy. */
function bitsOf(counts: Uint32Array, total: number): number {
  let bits = 0
  for (const count of counts) if (count > 0) bits -= (count / total) * Math.log2(count / total)
  return bits
}
