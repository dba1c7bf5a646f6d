import { elementCount } from '../../../core/index.ts'
import type { Cursor } from '../bytes/cursor.ts'
import { fail } from '../failures.ts'
import { MAX_RANK, MAX_TYPE_DEPTH, MAX_TYPE_MEMBERS, MAX_TYPE_NODES } from '../limits.ts'
import type { CompoundMember, FloatType, Hdf5Type, IntegerType } from './types.ts'

/** What the parts of one datatype share: how deep, how many. */
interface Progress {
  depth: number
  nodes: number
}

interface Head {
  readonly version: number
  /** The class bit field, 24 bits. */
  readonly bits: number
  readonly size: number
}

/**
 * Reads a datatype message (IV.A.2.d), versions 1 to 5. `count` gets the number of its parts. Throws
 * FORMAT_UNSUPPORTED for a class that is not known.
 */
export function readDatatype(cursor: Cursor, count?: (parts: number) => void): Hdf5Type {
  const progress = { depth: 0, nodes: 0 }
  const type = read(cursor, progress)
  count?.(progress.nodes)
  return type
}

function read(cursor: Cursor, progress: Progress): Hdf5Type {
  if (++progress.depth > MAX_TYPE_DEPTH || ++progress.nodes > MAX_TYPE_NODES) {
    throw fail.limit(
      cursor.place,
      `a datatype is nested over ${MAX_TYPE_DEPTH} deep or has over ${MAX_TYPE_NODES} parts`,
    )
  }
  const { place } = cursor
  const first = cursor.u8()
  const head = { version: first >> 4, bits: cursor.uint(3), size: cursor.u32() }
  if (head.version < 1 || head.version > 5)
    throw fail.unsupported(place, `a datatype has version ${head.version}; 1 to 5 are read`)
  if (head.size === 0) throw fail.malformed(place, 'a datatype has elements of 0 bytes')
  const type = readClass(first & 15, head, cursor, progress)
  progress.depth--
  return type
}

function readClass(id: number, head: Head, cursor: Cursor, progress: Progress): Hdf5Type {
  const { size, bits } = head
  switch (id) {
    case 0:
      return integer('integer', head, cursor)
    case 1:
      return float(head, cursor)
    case 2:
      cursor.skip(2)
      return { class: 'time', size }
    case 3:
      return { class: 'string', size, padding: PADDINGS[bits & 15] ?? 'null-padded' }
    case 4:
      return integer('bitfield', head, cursor)
    case 5: {
      const tag = cursor.take(Math.ceil((bits & 0xff) / 8) * 8)
      return { class: 'opaque', size, tag: Buffer.from(tag).toString('utf8').replace(/\0.*$/s, '') }
    }
    case 6:
      return compound(head, cursor, progress)
    case 7:
      return { class: 'reference', size, of: REFERENCES[bits & 15] ?? 'other' }
    case 8:
      return enumeration(head, cursor, progress)
    case 9:
      return vlen(head, cursor, progress)
    case 10:
      return array(head, cursor, progress)
    case 11:
      return complex(head, cursor, progress)
  }
  throw fail.unsupported(cursor.place, `the datatype class ${id} is not one of 0 to 11`)
}

const PADDINGS = ['null-terminated', 'null-padded', 'space-padded'] as const
const REFERENCES = ['object', 'region', 'object', 'region', 'attribute'] as const

function integer(kind: 'integer' | 'bitfield', { bits, size }: Head, cursor: Cursor): IntegerType {
  const bitOffset = cursor.u16()
  const precision = cursor.u16()
  if (precision === 0 || bitOffset + precision > size * 8)
    throw cursor.malformed(`${precision} bits from bit ${bitOffset} do not fit into ${size} bytes`)
  const signed = kind === 'integer' && (bits & 8) !== 0
  return { class: kind, size, signed, bigEndian: (bits & 1) !== 0, bitOffset, precision }
}

function float({ bits, size }: Head, cursor: Cursor): FloatType {
  const bitOffset = cursor.u16()
  const precision = cursor.u16()
  const [exponentAt, exponentBits, mantissaAt, mantissaBits] = [
    cursor.u8(),
    cursor.u8(),
    cursor.u8(),
    cursor.u8(),
  ]
  const bias = cursor.u32()
  const order = (bits & 0x41) === 0 ? 'little' : (bits & 0x41) === 1 ? 'big' : 'vax'
  return {
    class: 'float',
    size,
    order,
    bitOffset,
    precision,
    sign: (bits >> 8) & 0xff,
    exponent: { at: exponentAt, bits: exponentBits, bias },
    mantissa: { at: mantissaAt, bits: mantissaBits, implied: ((bits >> 4) & 3) === 2 },
  }
}

function compound(head: Head, cursor: Cursor, progress: Progress): Hdf5Type {
  const { size, version } = head
  const count = head.bits & 0xffff
  if (count === 0) throw cursor.malformed('a compound datatype has no members')
  const members: CompoundMember[] = []
  const offsetBytes = version >= 3 ? Math.floor(Math.log2(size) / 8) + 1 : 4
  for (let i = 0; i < count; i++) {
    const name = cursor.text(version >= 3 ? 1 : 8)
    const offset = cursor.uint(offsetBytes)
    const shape = version === 1 ? oldShape(cursor) : []
    const base = read(cursor, progress)
    const elements = elementCount(shape)
    const bytes = elements * base.size
    if (offset + bytes > size || bytes === 0)
      throw cursor.malformed(
        `the member '${name}' (${bytes} bytes from ${offset}) does not fit into ${size} bytes`,
      )
    const type: Hdf5Type = shape.length > 0 ? { class: 'array', size: bytes, shape, base } : base
    members.push({ name, offset, type })
  }
  return { class: 'compound', size, members }
}

/** Version 1 gives each member up to four dimensions. */
function oldShape(cursor: Cursor): number[] {
  const rank = cursor.u8()
  cursor.skip(3 + 4 + 4)
  const sizes = Array.from({ length: 4 }, () => cursor.u32())
  if (rank > 4) throw cursor.malformed(`a member has ${rank} dimensions; 4 is the most`)
  return sizes.slice(0, rank)
}

function enumeration(head: Head, cursor: Cursor, progress: Progress): Hdf5Type {
  const base = read(cursor, progress)
  if (base.class !== 'integer' && base.class !== 'bitfield')
    throw cursor.malformed(`an enum has a base of class ${base.class}`)
  if (base.size !== head.size)
    throw cursor.malformed(`an enum of ${head.size} bytes has a base of ${base.size}`)
  const count = Math.min(head.bits & 0xffff, MAX_TYPE_MEMBERS)
  const names = Array.from({ length: count }, () => cursor.text(head.version >= 3 ? 1 : 8))
  progress.nodes += count
  const members = names.map(name => ({ name, value: cursor.take(base.size).slice() }))
  return { class: 'enum', size: head.size, base, members }
}

function vlen({ bits, size }: Head, cursor: Cursor, progress: Progress): Hdf5Type {
  const base = read(cursor, progress)
  const least = 4 + cursor.widths.address + 4
  if (size !== least)
    throw cursor.malformed(`a variable-length element has ${size} bytes instead of ${least}`)
  return (bits & 15) === 1 ? { class: 'vlen-string', size } : { class: 'vlen', size, base }
}

function array({ version, size }: Head, cursor: Cursor, progress: Progress): Hdf5Type {
  const rank = cursor.u8()
  if (rank > MAX_RANK)
    throw fail.limit(cursor.place, `an array has ${rank} dimensions; ${MAX_RANK} is the most`)
  if (version < 3) cursor.skip(3)
  const shape = Array.from({ length: rank }, () => cursor.u32())
  if (version < 3) cursor.skip(4 * rank)
  const base = read(cursor, progress)
  if (elementCount(shape) * base.size !== size)
    throw cursor.malformed(
      `an array of ${shape.join(' × ')} elements of ${base.size} bytes has ${size} bytes`,
    )
  return { class: 'array', size, shape, base }
}

function complex({ size }: Head, cursor: Cursor, progress: Progress): Hdf5Type {
  const base = read(cursor, progress)
  if (base.class !== 'float' || base.size * 2 !== size)
    throw cursor.malformed(
      `a complex number of ${size} bytes has parts of class ${base.class}, ${base.size} bytes`,
    )
  return { class: 'complex', size, base }
}
