import { safetensorsOf, weights } from '../../../test/fixtures/pack-world.ts'

export interface Sample {
  readonly name: string
  readonly bytes: Uint8Array
  /** An earlier version, for what is stored of this one beside it. */
  readonly base?: Uint8Array
}

/** Tensors of 4 MB with a seed, layer after layer, as a small transformer has them. */
export function generated(megabytes: number): readonly Sample[] {
  const count = Math.max(2, Math.round(megabytes / 4))
  const layers = Array.from({ length: count }, (_, layer) => weights(1_000_000, layer + 1))
  const tuned = layers.map((values, layer) => tune(values, layer + 1000))
  const edited = layers.map((values, layer) => (layer === 1 ? weights(1_000_000, 9999) : values))
  const [base32, base16] = [fileOf(layers, 'F32'), fileOf(layers, 'BF16')]
  return [
    { name: 'normal weights, fp32', bytes: base32 },
    { name: 'normal weights, bf16', bytes: base16 },
    { name: 'fine-tune of every weight, fp32', bytes: fileOf(tuned, 'F32'), base: base32 },
    { name: 'fine-tune of every weight, bf16', bytes: fileOf(tuned, 'BF16'), base: base16 },
    { name: `1 of ${count} tensors changed, fp32`, bytes: fileOf(edited, 'F32'), base: base32 },
    { name: `1 of ${count} tensors changed, bf16`, bytes: fileOf(edited, 'BF16'), base: base16 },
  ]
}

/** Times 1 + 0.001 · N(0, 1): what a short training leaves. */
function tune(values: Float32Array, seed: number): Float32Array {
  const noise = weights(values.length, seed, 1e-3)
  return values.map((value, index) => value * (1 + noise[index]!))
}

function fileOf(layers: readonly Float32Array[], dtype: 'F32' | 'BF16'): Uint8Array {
  return safetensorsOf(
    layers.map((values, layer) => ({
      name: `layers.${layer}.weight`,
      dtype,
      data: dtype === 'F32' ? new Uint8Array(values.buffer) : bfloat16(values),
    })),
  )
}

/** To the nearest, ties away from zero: what frameworks' casts differ in does not count here. */
function bfloat16(values: Float32Array): Uint8Array {
  const words = new Uint32Array(values.buffer)
  return new Uint8Array(Uint16Array.from(words, word => (word + 0x8000) >>> 16).buffer)
}
