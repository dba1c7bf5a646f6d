import { elementCount, viewAs } from '../../core/index.ts'
import { type Element, MAX_KNOWN, type OnnxTensor } from '../../formats/index.ts'

const VIEWED = [
  'float32',
  'float64',
  'int8',
  'int16',
  'int32',
  'int64',
  'uint8',
  'uint16',
  'uint32',
  'uint64',
  'bool',
] as const
type Viewed = (typeof VIEWED)[number]

/** Elements of a constant that is small and at hand; null for integers that a number can't hold. */
export function elementsOf({ dtype, shape, data }: OnnxTensor): readonly Element[] | undefined {
  if (typeof data === 'function' || elementCount(shape) > MAX_KNOWN) return undefined
  if (!(data instanceof Uint8Array)) return data
  if (dtype === 'float16') return Array.from(new Float16Array(data.slice().buffer))
  if (!isViewed(dtype)) return undefined
  const elements: Element[] = []
  for (const item of viewAs(dtype, data)) {
    const number = Number(item)
    elements.push(typeof item === 'bigint' && !Number.isSafeInteger(number) ? null : number)
  }
  return elements
}

function isViewed(dtype: string): dtype is Viewed {
  return (VIEWED as readonly string[]).includes(dtype)
}
