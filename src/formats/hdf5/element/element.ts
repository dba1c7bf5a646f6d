import { elementCount } from '../../../core/index.ts'
import type { RecordField, TensorDtype } from '../../types.ts'
import type { CompoundType, Hdf5Type } from '../object/types.ts'
import { complexDtype, floatDtype, integerBytes, integerDtype, isBool, isPlainInteger } from './numbers.ts'

/** What an element of a dataset is to the outside. */
export interface Element {
  readonly dtype: TensorDtype
  /** Of an array type: dimensions that come behind the dataset's own. */
  readonly shape: readonly number[]
  /** Bytes of one scalar as given to the outside. */
  readonly bytes: number
  readonly fields?: readonly RecordField[]
  /** What differs from plain little-endian storage. */
  readonly stored: readonly string[]
  /** The scalar type: arrays unwrapped, enums as their numbers. */
  readonly type: Hdf5Type
  /** Text, or objects that are given as JSON: elements are read one by one. */
  readonly text: boolean
}

/** What a datatype is to the outside. Never fails: what has no dtype is `unknown`, bytes as stored. */
export function elementOf(type: Hdf5Type): Element {
  if (type.class === 'array') {
    const inner = elementOf(type.base)
    return { ...inner, shape: [...type.shape, ...inner.shape] }
  }
  const plain = (dtype: TensorDtype, bytes = type.size, stored: readonly string[] = []): Element => ({
    dtype,
    bytes,
    stored,
    type,
    shape: [],
    text: false,
  })
  const complex = complexDtype(type)
  if (complex) return plain(complex.dtype, type.size, order(complex.part.order === 'big'))
  switch (type.class) {
    case 'integer':
    case 'bitfield': {
      const dtype = integerDtype(type)
      if (!dtype) return plain('unknown')
      const odd = isPlainInteger(type) ? [] : [`${type.precision} bits in ${type.size} bytes`]
      return plain(dtype, integerBytes(type), [...order(type.bigEndian && type.size > 1), ...odd])
    }
    case 'float':
      return plain(floatDtype(type) ?? 'unknown', type.size, order(type.order === 'big' && type.size > 1))
    case 'enum':
      return isBool(type) ? plain('bool') : { ...elementOf(type.base) }
    case 'string':
    case 'vlen-string':
      return { ...plain('string', type.size, type.class === 'string' ? [] : ['variable length']), text: true }
    case 'vlen':
      return { ...plain('object', type.size, ['variable length']), text: true }
    case 'opaque':
      return plain('opaque')
    case 'reference':
      return plain('opaque', type.size, ['reference'])
    case 'compound':
      return record(type)
    default:
      return plain('unknown')
  }
}

const order = (bigEndian: boolean): readonly string[] => (bigEndian ? ['big-endian'] : [])

function record(type: CompoundType): Element {
  const stored = new Set<string>()
  const fields = fieldsOf(type, stored)
  const text = hasReferences(type)
  return {
    dtype: text ? 'object' : 'record',
    shape: [],
    bytes: type.size,
    fields,
    stored: [...stored],
    type,
    text,
  }
}

function fieldsOf(type: CompoundType, stored: Set<string>): RecordField[] {
  return type.members.map(({ name, offset, type: inner }) => {
    const element = elementOf(inner)
    for (const word of element.stored) stored.add(word)
    // A number of odd width stays as it is within a record.
    const same = element.bytes * elementCount(element.shape) === inner.size
    const odd = element.type.class === 'integer' && !isPlainInteger(element.type)
    const dtype = same && !odd ? element.dtype : 'unknown'
    const sized = dtype === 'record' || dtype === 'opaque' || dtype === 'unknown' || dtype === 'string'
    return {
      name,
      offset,
      dtype,
      shape: element.shape,
      ...(element.fields && { fields: element.fields }),
      ...(sized && { itemBytes: element.type.size }),
    }
  })
}

/** Whether an element points into the global heap. */
function hasReferences(type: Hdf5Type): boolean {
  switch (type.class) {
    case 'vlen':
    case 'vlen-string':
      return true
    case 'array':
      return hasReferences(type.base)
    case 'compound':
      return type.members.some(member => hasReferences(member.type))
    default:
      return false
  }
}
