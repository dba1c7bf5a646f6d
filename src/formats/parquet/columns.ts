import type { TensorDtype, TensorInfo } from '../types.ts'
import { widthOf } from './encodings/values.ts'
import type { Footer } from './file/footer.ts'
import type { Leaf } from './file/schema.ts'

/** A leaf as a tensor: how it is described, and what its values become. */
export interface Column {
  readonly leaf: Leaf
  /** In the schema's order. */
  readonly index: number
  readonly info: TensorInfo
  /** Of `info.dtype`, in bytes: narrower than the file's where that holds 8 or 16 bits in 32. */
  readonly width: number | undefined
  /** Of a list: how many each row has; undefined for columns without. */
  readonly perRow: number | undefined
  /** Why it can't be read, where that is so. */
  readonly unread: string | undefined
}

const NARROW: ReadonlyMap<string, number> = new Map([
  ['int8', 1],
  ['uint8', 1],
  ['int16', 2],
  ['uint16', 2],
])

export function columnsOf(footer: Footer): readonly Column[] {
  const tops = new Map<string, number>()
  for (const { path } of footer.leaves) tops.set(path[0]!, (tops.get(path[0]!) ?? 0) + 1)
  const names = new Set<string>()
  return footer.leaves.map((leaf, index) => {
    const plain = tops.get(leaf.path[0]!) === 1 ? leaf.path[0]! : leaf.path.join('.')
    // Names may occur twice in a file that nothing honest wrote.
    const name = names.has(plain) ? `${plain}#${index}` : plain
    names.add(name)
    return columnOf(name, leaf, index, footer)
  })
}

function columnOf(name: string, leaf: Leaf, index: number, footer: Footer): Column {
  const values = footer.groups.reduce((sum, { chunks }) => sum + chunks[index]!.values, 0)
  const each = footer.rows > 0 ? values / footer.rows : 0
  const list = leaf.maxRepetition > 0
  const perRow = list && leaf.maxRepetition === 1 && Number.isInteger(each) && each > 0 ? each : undefined
  const unread =
    list && perRow === undefined ? 'its rows are lists of different lengths, or lists of lists' : undefined
  const dtype = unread === undefined ? dtypeOf(leaf) : 'object'
  const width = NARROW.get(dtype) ?? widthOf(leaf)
  const shape = perRow === undefined ? [footer.rows] : [footer.rows, perRow]
  const elements = shape.reduce((product, size) => product * size, 1)
  const sized = width !== undefined && dtype !== 'object' && dtype !== 'string'
  const stored = storedAs(leaf)
  return {
    leaf,
    index,
    info: {
      name,
      dtype,
      shape,
      elements,
      ...(sized && { bytes: elements * width }),
      ...(stored.length > 0 && { stored }),
      ...(dtype === 'opaque' && width !== undefined && { itemBytes: width }),
      role: 'data',
    },
    width,
    perRow,
    unread,
  }
}

const TEXTS: ReadonlySet<string | undefined> = new Set(['utf8', 'enum', 'json'])
const PLAIN: ReadonlyMap<Leaf['physical'], TensorDtype> = new Map([
  ['boolean', 'bool'],
  ['int32', 'int32'],
  ['int64', 'int64'],
  ['float', 'float32'],
  ['double', 'float64'],
])
const WHOLE: ReadonlySet<string> = new Set(['int8', 'int16', 'uint8', 'uint16', 'uint32', 'uint64'])

function dtypeOf({ physical, logical, length }: Leaf): TensorDtype {
  if (physical === 'bytes') return TEXTS.has(logical) ? 'string' : 'object'
  if (physical === 'fixed') return logical === 'float16' && length === 2 ? 'float16' : 'opaque'
  if (physical === 'int64' && logical?.startsWith('timestamp')) return 'datetime64'
  const fits = physical === 'int64' ? logical === 'uint64' : physical === 'int32' && logical !== 'uint64'
  if (logical !== undefined && WHOLE.has(logical) && fits) return logical as TensorDtype
  return PLAIN.get(physical) ?? 'opaque'
}

/** What the dtype does not say: `decimal`, `timestamp-us`, `int96` … */
function storedAs({ physical, logical }: Leaf): readonly string[] {
  if (physical === 'int96') return ['int96']
  if (physical === 'bytes' && !TEXTS.has(logical)) return [logical ?? 'bytes']
  const known =
    logical === undefined || TEXTS.has(logical) || logical === 'float16' || /^u?int\d/.test(logical)
  return known ? [] : [logical]
}
