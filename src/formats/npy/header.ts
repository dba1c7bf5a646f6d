import type { ByteSource } from '../../core/index.ts'
import { failing } from '../errors.ts'
import { dtypeOf, type NpyDtype, shapeOf } from './dtype.ts'
import { excerpt, type Literal, parseLiteral } from './literal.ts'

/** numpy writes some 120 bytes; records of thousands of fields take a few hundred kilobytes. */
export const MAX_NPY_HEADER: number = 1024 * 1024
/** numpy's own limit is 64. */
export const MAX_NPY_DIMENSIONS = 64

export interface NpyHeader {
  /** Of the .npy format: 1 to 3. */
  readonly version: number
  /** As the header has it, for messages. */
  readonly descr: string
  readonly type: NpyDtype
  readonly fortranOrder: boolean
  readonly shape: readonly number[]
  /** Where the elements begin. */
  readonly dataOffset: number
}

const invalid = failing('NPY_INVALID', 'Write the file again with numpy.save, or fetch it again.')
const MAGIC = [0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59]

/** The header of a .npy file, versions 1 to 3. Throws NPY_INVALID. */
export async function readNpyHeader(source: ByteSource): Promise<NpyHeader> {
  const head = await source.read(0, Math.min(12, source.size))
  if (head.length < 10 || MAGIC.some((byte, i) => head[i] !== byte))
    throw invalid(`${source.name} does not begin as a .npy file does`)
  const version = head[6]!
  if (version < 1 || version > 3)
    throw invalid(`${source.name} has the .npy version ${version}; 1 to 3 are read`)
  const view = new DataView(head.buffer, head.byteOffset, head.byteLength)
  if (version > 1 && head.length < 12)
    throw invalid(
      `${source.name}, byte 8: the header's length takes 4 bytes, and the file ends at ${head.length}`,
    )
  const length = version === 1 ? view.getUint16(8, true) : view.getUint32(8, true)
  const start = version === 1 ? 10 : 12
  if (length > MAX_NPY_HEADER)
    throw invalid(`${source.name} has a header of ${length} bytes; ${MAX_NPY_HEADER} are the limit`)
  if (start + length > source.size)
    throw invalid(
      `${source.name}, byte ${start}: the header takes ${length} bytes, and the file ends at ${source.size}`,
    )
  const text = new TextDecoder(version === 3 ? 'utf-8' : 'latin1').decode(await source.read(start, length))
  return { version, ...parseDictionary(text, source.name), dataOffset: start + length }
}

/** The three members of the Python dictionary that numpy writes. */
function parseDictionary(text: string, name: string): Omit<NpyHeader, 'dataOffset' | 'version'> {
  const root = parseLiteral(text, why => invalid(`The header of ${name} is not what numpy writes: ${why}`))
  if (root === null || typeof root !== 'object' || root.kind !== 'dict')
    throw invalid(`The header of ${name} is no dictionary: ${excerpt(text)}`)
  const { entries } = root
  const [descr, order, shape] = [entries.get('descr'), entries.get('fortran_order'), entries.get('shape')]
  if (descr === undefined || typeof order !== 'boolean' || shape === undefined || entries.size !== 3)
    throw invalid(`The header of ${name} lacks its descr, fortran_order or shape: ${excerpt(text)}`)
  return {
    descr: typeof descr === 'string' ? `'${descr}'` : `records (${namesOf(descr)})`,
    type: dtypeOf(descr, name),
    fortranOrder: order,
    shape: shapeOf(shape, name, MAX_NPY_DIMENSIONS),
  }
}

function namesOf(descr: Literal): string {
  if (descr === null || typeof descr !== 'object' || descr.kind === 'dict') return ''
  const names = descr.items.map(item =>
    item !== null && typeof item === 'object' && item.kind === 'tuple' ? String(item.items[0]) : '',
  )
  return excerpt(names.join(', '))
}
