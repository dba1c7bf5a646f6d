import { openFile } from '../../../src/core/index.ts'
import type { ElementKind } from '../../../src/registry/codec/types.ts'
import { cuts } from '../../../src/registry/layout/cuts.ts'
import { layOut } from '../../../src/registry/layout/lay-out.ts'

export interface Part {
  readonly kind: ElementKind
  readonly raw: Uint8Array
  readonly base?: Uint8Array
}

/** Something to store: pieces as the registry cuts them. */
export interface Case {
  readonly name: string
  readonly parts: readonly Part[]
}

const PIECE = 1024 * 1024

/** Normal weights, from a seeded generator. */
export function gaussian(length: number, deviation: number, seed: number): Float32Array<ArrayBuffer> {
  let state = seed
  const uniform = (): number => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return (state + 1) / (2 ** 32 + 1)
  }
  const normal = (): number => Math.sqrt(-2 * Math.log(uniform())) * Math.cos(2 * Math.PI * uniform())
  return Float32Array.from({ length }, () => normal() * deviation)
}

/** Every weight times (1 + 1e-3 · N(0, 1)). */
export function tuned(weights: Float32Array, seed: number): Float32Array<ArrayBuffer> {
  const noise = gaussian(weights.length, 1e-3, seed)
  return Float32Array.from(weights, (value, i) => value * (1 + noise[i]!))
}

/** The kinds of floats that weights are stored as. */
export const CASTS = {
  float32: values => bytesOf(values),
  // To the nearest, the even one of two.
  bfloat16: values =>
    bytesOf(Uint16Array.from(bitsOf(values), bits => (bits + 0x7fff + ((bits >>> 16) & 1)) >>> 16)),
  float16: values => bytesOf(Float16Array.from(values)),
} as const satisfies Partial<Record<ElementKind, (values: Float32Array<ArrayBuffer>) => Uint8Array>>

export function piecesOf(kind: ElementKind, raw: Uint8Array, length = PIECE): readonly Part[] {
  return Array.from({ length: Math.ceil(raw.length / length) }, (_, i) => {
    return { kind, raw: raw.subarray(i * length, (i + 1) * length) }
  })
}

/** The first `most` bytes of a file, in pieces: along its tensors, or as float32 if nobody knows it. */
export async function fileParts(path: string, most: number): Promise<readonly Part[]> {
  const file = await openFile(path)
  try {
    const layout = await layOut(file, path)
    const parts: Part[] = []
    let taken = 0
    if (layout.tensors.length === 0) return piecesOf('float32', await file.read(0, Math.min(most, file.size)))
    for await (const { piece, bytes } of cuts(file, layout)) {
      if (taken + bytes.length > most) break
      parts.push({ kind: piece.kind, raw: Uint8Array.from(bytes) })
      taken += bytes.length
    }
    return parts
  } finally {
    await file.close()
  }
}

/** The float32 of each piece that has nothing else: its first and last byte are those of elements. */
export function floatsOf(parts: readonly Part[]): readonly Float32Array<ArrayBuffer>[] {
  const floats = parts.filter(({ kind, raw }) => kind === 'float32' && raw.length % 4 === 0)
  return floats.map(({ raw }) => new Float32Array(Uint8Array.from(raw).buffer))
}

/** The same weights in another kind; with `bases` as what was made of them later. */
export function castParts(
  kind: keyof typeof CASTS,
  weights: readonly Float32Array<ArrayBuffer>[],
  bases?: readonly Float32Array<ArrayBuffer>[],
): readonly Part[] {
  const cast = CASTS[kind]
  return weights.map((each, i) => ({ kind, raw: cast(each), ...(bases && { base: cast(bases[i]!) }) }))
}

/** Bytes of another file's pieces as bases, where one at the same place has the same length. */
export async function withBases(
  parts: readonly Part[],
  path: string,
  most: number,
): Promise<readonly Part[]> {
  const bases = await fileParts(path, most)
  return parts.map((part, i) =>
    bases[i]?.raw.length === part.raw.length ? { ...part, base: bases[i].raw } : part,
  )
}

function bytesOf({ buffer, byteOffset, byteLength }: ArrayBufferView): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength)
}

function bitsOf(values: Float32Array<ArrayBuffer>): Uint32Array {
  return new Uint32Array(values.buffer, values.byteOffset, values.length)
}
