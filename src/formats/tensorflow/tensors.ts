import { elementCount } from '../../core/index.ts'
import { FormatsError, type Place } from '../errors.ts'
import type { OpenModel } from '../ports.ts'
import type { Range } from '../protobuf/wire.ts'
import { tensorMissing } from '../tensors.ts'
import type { TensorInfo } from '../types.ts'
import type { StoredDtype } from './dtypes.ts'
import type { TensorflowFailures } from './failures.ts'

/** A tensor with the way to its elements: bytes, or text. */
export interface StoredTensor {
  readonly info: TensorInfo
  readonly bytes?: () => AsyncGenerator<Uint8Array, void>
  readonly text?: () => AsyncGenerator<string, void>
  /** Where all its elements stand one behind the other; undefined where they are coded, or left out. */
  readonly place?: () => Promise<Range | undefined>
}

/** `readTensor` and `readText` over tensors whose names, and keys, are looked up. */
export function readersOf(
  file: string,
  format: string,
  tensors: readonly StoredTensor[],
): Required<Pick<OpenModel, 'readTensor' | 'readText'>> {
  const byName = new Map<string, StoredTensor>()
  for (const tensor of tensors) if (tensor.info.key !== undefined) byName.set(tensor.info.key, tensor)
  for (const tensor of tensors) byName.set(tensor.info.name, tensor)
  return {
    async *readTensor(name) {
      const { bytes, info } = find(name)
      if (bytes) yield* bytes()
      else
        throw unreadable(info, info.dtype === 'string' ? 'is text: read it as such' : 'has no plain elements')
    },
    async *readText(name) {
      const { text, info } = find(name)
      if (text) yield* text()
      else throw unreadable(info, `is ${info.dtype}, not text`)
    },
  }

  function find(name: string): StoredTensor {
    const found = byName.get(name)
    if (found) return found
    throw tensorMissing(file, name, byName.keys())
  }

  function unreadable({ name }: TensorInfo, why: string): FormatsError {
    return new FormatsError('FORMAT_UNSUPPORTED', {
      message: `${file}: ${format}: the tensor '${name}' ${why}`,
      hint: 'Only numbers can be read as bytes.',
    })
  }
}

/** Elements of a shape, and the bytes that they take in a file. Throws `malformed` for more than any file holds. */
export function extentOf(
  shape: readonly number[],
  { bytes }: StoredDtype,
  place: Place,
  fail: TensorflowFailures,
): { elements: number; bytes: number | undefined } {
  const elements = elementCount(shape)
  const size = bytes === undefined ? undefined : elements * bytes
  if (!Number.isSafeInteger(elements) || (size !== undefined && !Number.isSafeInteger(size)))
    throw fail.malformed(place, `the shape [${shape.slice(0, 8).join(', ')}] is beyond any file`)
  return { elements, bytes: size }
}

/** Bytes that a reader gives: elements below a byte are packed. */
export function givenBytes(elements: number, { bytes, bits }: StoredDtype): number | undefined {
  if (bytes === undefined) return undefined
  return bits === undefined ? elements * bytes : Math.ceil((elements * bits) / 8)
}
