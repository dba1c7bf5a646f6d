import type { ByteSource } from '../../../core/index.ts'
import type { OnnxDtype } from '../../../formats/index.ts'
import { failing } from '../../errors.ts'
import { opAttributes } from '../attributes.ts'
import { invalidNode } from '../errors.ts'
import type { Entries, TableContent } from './tables.ts'

/** The largest vocabularies have some ten million words. */
const MAX_FILE_BYTES = 512 * 1024 * 1024
const PIECE_BYTES = 1024 * 1024

/** Columns of lines are counted from 0; these stand for other things. */
const WHOLE_LINE = -2
const LINE_NUMBER = -1

const tooLarge = failing('CONVERT_LIMIT', 'No vocabulary needs as much; check where the file comes from.')

/** Keys and values of a table out of the lines of a text file. */
export async function entriesOfFile(
  { path, tree, node }: Extract<TableContent, { readonly kind: 'file' }>,
  key: OnnxDtype,
  value: OnnxDtype,
): Promise<Entries> {
  const wrong = (message: string) => invalidNode(node, message)
  const attributes = opAttributes(node.attributes, wrong)
  const [keyIndex, valueIndex] = [attributes.int('key_index'), attributes.int('value_index')]
  const [most, skipped] = [attributes.int('vocab_size', -1), attributes.int('offset', 0)]
  const delimiter = attributes.text('delimiter', '\t')
  const lines = await linesOf(() => tree.open(path), path)
  const end = most < 0 ? lines.length : skipped + most
  if (end > lines.length) throw wrong(`${path} has ${lines.length} lines, and ${end} are expected`)
  const used = lines.slice(skipped, end)
  const column = (index: number, dtype: OnnxDtype) =>
    used.map((line, i) => {
      if (index === LINE_NUMBER) return i
      const text = index === WHOLE_LINE ? line : line.split(delimiter)[index]
      if (text === undefined) throw wrong(`line ${skipped + i + 1} of ${path} has no column ${index}`)
      return elementOf(text, dtype, () =>
        wrong(`line ${skipped + i + 1} of ${path} has no number in column ${index}`),
      )
    })
  return { keys: column(keyIndex, key), values: column(valueIndex, value) }
}

function elementOf(text: string, dtype: OnnxDtype, wrong: () => Error): number | bigint | string {
  if (dtype === 'string') return text
  const number = Number(text)
  if (text.trim() === '' || Number.isNaN(number)) throw wrong()
  if (!dtype.startsWith('int') || Number.isSafeInteger(number)) return number
  if (!/^\s*-?\d{1,19}\s*$/.test(text)) throw wrong()
  return BigInt(text.trim())
}

/** Lines without their ends; what stands behind the last end is a line where it is not empty. */
async function linesOf(open: () => Promise<ByteSource>, path: string): Promise<readonly string[]> {
  const source = await open()
  try {
    if (source.size > MAX_FILE_BYTES)
      throw tooLarge(`${path} has ${source.size} bytes; the limit is ${MAX_FILE_BYTES}`)
    const decoder = new TextDecoder()
    const lines: string[] = []
    let rest = ''
    for (let at = 0; at < source.size; at += PIECE_BYTES) {
      const bytes = await source.read(at, Math.min(PIECE_BYTES, source.size - at))
      const parts = (rest + decoder.decode(bytes, { stream: true })).split('\n')
      rest = parts.pop() ?? ''
      lines.push(...parts)
    }
    rest += decoder.decode()
    if (rest !== '') lines.push(rest)
    return lines.map(line => (line.endsWith('\r') ? line.slice(0, -1) : line))
  } finally {
    await source.close()
  }
}
