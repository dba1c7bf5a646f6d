import { sourceOf } from '../../../src/core/index.ts'
import { HeaderBytes } from '../../../src/formats/gguf/encode.ts'
import { VALUE_TYPES, type ValueType } from '../../../src/formats/gguf/values.ts'
import type { ModelInput } from '../../../src/formats/ports.ts'
import { memoryTree } from '../../../src/formats/tree/memory.ts'

export interface GgufEntry {
  readonly key: string
  readonly type: number
  readonly body: (out: HeaderBytes) => void
}

export interface GgufInfo {
  readonly name: string
  /** As in the file: fastest first. */
  readonly dimensions: readonly (number | bigint)[]
  readonly type: number
  readonly offset: number | bigint
}

export interface GgufFile {
  readonly magic?: string
  readonly version?: number
  readonly tensors?: readonly GgufInfo[]
  readonly entries?: readonly GgufEntry[]
  readonly tensorCount?: number | bigint
  readonly entryCount?: number | bigint
  /** Bytes of data behind the aligned header. */
  readonly data?: number
}

export const numberOfType = (type: ValueType): number => VALUE_TYPES.indexOf(type)

/** A file of version 3, little-endian, as wrong as it is told to be. */
export function aFile({
  magic = 'GGUF',
  version = 3,
  tensors = [],
  entries = [],
  ...given
}: GgufFile): Uint8Array {
  const out = new HeaderBytes()
  out.bytes(Buffer.from(magic))
  out.number('uint32', version)
  out.number('uint64', given.tensorCount ?? tensors.length)
  out.number('uint64', given.entryCount ?? entries.length)
  for (const { key, type, body } of entries) {
    out.text(key)
    out.number('uint32', type)
    body(out)
  }
  for (const { name, dimensions, type, offset } of tensors) {
    out.text(name)
    out.number('uint32', dimensions.length)
    for (const dimension of dimensions) out.number('uint64', dimension)
    out.number('uint32', type)
    out.number('uint64', offset)
  }
  const header = out.finish()
  const padding = new Uint8Array(given.data === undefined ? 0 : (32 - (header.length % 32)) % 32)
  return Buffer.concat([header, padding, new Uint8Array(given.data ?? 0)])
}

export function anEntry(type: ValueType, body: (out: HeaderBytes) => void, key = 'key'): GgufEntry {
  return { key, type: numberOfType(type), body }
}

/** An entry of the key `key`: an array that says it has `length` elements. */
export function anArray(
  items: ValueType,
  length: number | bigint,
  body: (out: HeaderBytes) => void = () => {},
): GgufEntry {
  return anEntry('array', out => {
    out.number('uint32', numberOfType(items))
    out.number('uint64', length)
    body(out)
  })
}

export const weight: GgufInfo = { name: 'weight', dimensions: [8], type: 0, offset: 0 }

export function inputOf(
  bytes: Uint8Array,
  others: Readonly<Record<string, Uint8Array>> = {},
  path = 'made.gguf',
) {
  const source = sourceOf(bytes, path)
  const tree = memoryTree(new Map(Object.entries(others)))
  return { source, path, storedSize: bytes.byteLength, wrapper: [], tree } satisfies ModelInput
}
