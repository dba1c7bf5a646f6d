import type { ByteSource } from '../../core/index.ts'
import { failing } from '../errors.ts'

/** numpy writes some 120 bytes; 64 KiB leaves room for long record types, which are refused with their name. */
export const MAX_NPY_HEADER = 64 * 1024
/** numpy's own limit is 64. */
export const MAX_NPY_DIMENSIONS = 64

export interface NpyHeader {
  /** As numpy writes it: `<f4`, `|u1`, `<U12`. */
  readonly descr: string
  readonly fortranOrder: boolean
  readonly shape: readonly number[]
  /** Where the elements begin. */
  readonly dataOffset: number
}

const invalid = failing('NPY_INVALID', 'Write the file again with numpy.save, or fetch it again.')
const MAGIC = [0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59]

/** The header of a .npy file, versions 1 to 3. Throws NPY_INVALID, or NPY_UNSUPPORTED for records. */
export async function readNpyHeader(source: ByteSource): Promise<NpyHeader> {
  const head = await source.read(0, Math.min(12, source.size))
  if (head.length < 10 || MAGIC.some((byte, i) => head[i] !== byte))
    throw invalid(`${source.name} does not begin as a .npy file does`)
  const version = head[6]!
  if (version < 1 || version > 3)
    throw invalid(`${source.name} has the .npy version ${version}; 1 to 3 are read`)
  const view = new DataView(head.buffer, head.byteOffset, head.byteLength)
  if (version > 1 && head.length < 12) throw invalid(`${source.name} ends within its header`)
  const length = version === 1 ? view.getUint16(8, true) : view.getUint32(8, true)
  const start = version === 1 ? 10 : 12
  if (length > MAX_NPY_HEADER)
    throw invalid(`${source.name} has a header of ${length} bytes; ${MAX_NPY_HEADER} are the limit`)
  if (start + length > source.size) throw invalid(`${source.name} ends within its header`)
  const text = new TextDecoder(version === 3 ? 'utf-8' : 'latin1').decode(await source.read(start, length))
  return { ...parseDictionary(text, source.name), dataOffset: start + length }
}

/** The three members of the Python dictionary that numpy writes, by a small scanner of that very form: nothing is evaluated. */
function parseDictionary(text: string, name: string): Omit<NpyHeader, 'dataOffset'> {
  const fields = new Map<string, string>()
  const scanner =
    /\s*'(descr|fortran_order|shape)'\s*:\s*('[^']*'|True|False|\([^()]*\)|\[.*\])\s*(,|(?=\}))/sy
  const body = text.trim()
  if (!body.startsWith('{') || !body.endsWith('}'))
    throw invalid(`The header of ${name} is no dictionary: ${excerpt(body)}`)
  scanner.lastIndex = 1
  for (let at = 1; ; at = scanner.lastIndex) {
    scanner.lastIndex = at
    const match = scanner.exec(body)
    if (!match) {
      if (/\S/.test(body.slice(at, -1)))
        throw invalid(`The header of ${name} is not what numpy writes: ${excerpt(body)}`)
      break
    }
    if (fields.has(match[1]!)) throw invalid(`The header of ${name} says '${match[1]}' twice`)
    fields.set(match[1]!, match[2]!)
  }
  const [descr, order, shape] = [fields.get('descr'), fields.get('fortran_order'), fields.get('shape')]
  if (descr?.startsWith('[')) {
    throw failing(
      'NPY_UNSUPPORTED',
      'Save each field as an array of its own.',
    )(`${name} holds records (${excerpt(descr)}), which are not read`)
  }
  if (!descr?.startsWith("'") || (order !== 'True' && order !== 'False') || !shape?.startsWith('('))
    throw invalid(`The header of ${name} lacks its descr, fortran_order or shape: ${excerpt(body)}`)
  return { descr: descr.slice(1, -1), fortranOrder: order === 'True', shape: parseShape(shape, name) }
}

/** `()`, `(3,)`, `(60000, 28, 28)`; Python 2 wrote `3L`. */
function parseShape(text: string, name: string): readonly number[] {
  const parts = text
    .slice(1, -1)
    .split(',')
    .map(part => part.trim())
  if (parts.at(-1) === '') parts.pop()
  if (parts.length > MAX_NPY_DIMENSIONS) throw invalid(`${name} has ${parts.length} dimensions`)
  return parts.map(part => {
    const size = /^\d{1,16}L?$/.test(part) ? Number.parseInt(part, 10) : Number.NaN
    if (!Number.isSafeInteger(size))
      throw invalid(`The shape ${excerpt(text)} of ${name} is not one of sizes`)
    return size
  })
}

function excerpt(text: string): string {
  return text.length > 80 ? `${text.slice(0, 80)}…` : text
}
