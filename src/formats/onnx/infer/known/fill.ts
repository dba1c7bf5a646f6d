import { elementCount, viewAs } from '../../../../core/index.ts'
import type { OnnxTensor } from '../../write/types.ts'
import type { Element } from '../values.ts'
import type { Fold } from './types.ts'

/** One element of raw data as it is known; null where a number can't hold it. */
function elementOf({ dtype, data }: OnnxTensor): Element {
  if (!(data instanceof Uint8Array)) return null
  if (dtype === 'float16') return new Float16Array(data.slice().buffer)[0] ?? null
  if (!isViewed(dtype)) return null
  const item = viewAs(dtype, data)[0]
  if (typeof item === 'bigint') return Number.isSafeInteger(Number(item)) ? Number(item) : null
  return item ?? null
}

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

function isViewed(dtype: string): dtype is (typeof VIEWED)[number] {
  return (VIEWED as readonly string[]).includes(dtype)
}

const constantOfShape: Fold = ({ attributes: { value } }, [type]) => {
  const element = value && 'tensor' in value ? elementOf(value.tensor) : 0
  return [new Array<Element>(elementCount(type!.shape)).fill(element)]
}

export const fills: Readonly<Record<string, Fold>> = { ConstantOfShape: constantOfShape }
