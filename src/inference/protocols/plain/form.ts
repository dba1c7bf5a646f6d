import { refuse } from '../refuse.ts'
import type { Content } from './examples.ts'
import { contentOf } from './kinds.ts'
import { MAX_FORM_PARTS } from './limits.ts'

/** Headers of a part: some lines. */
const MAX_PART_HEADER_BYTES = 8192
const HINT = 'Send a form as browsers do, with one file: `curl -F file=@image.jpg`.'

/** What an ending says of a file that its browser knows no type of. */
const BY_ENDING: Readonly<Record<string, string>> = {
  csv: 'text/csv',
  tsv: 'text/tab-separated-values',
  txt: 'text/plain',
  json: 'application/json',
  jsonl: 'application/x-ndjson',
  ndjson: 'application/x-ndjson',
  npy: 'application/x-npy',
}

interface Part {
  readonly content: Content
  readonly isFile: boolean
}

/** The one file of a form (RFC 7578), or its one field where it has no file. Throws REQUEST_INVALID. */
export function fileOfForm(bytes: Buffer, header: string): Content {
  const boundary = /;\s*boundary=(?:"([^"]{1,70})"|([^\s;"]{1,70}))/i.exec(header)
  const mark = boundary?.[1] ?? boundary?.[2]
  if (mark === undefined) throw refuse('The form has no boundary in its content type', HINT)
  const parts = partsOf(bytes, Buffer.from(`--${mark}`, 'latin1'))
  const files = parts.filter(({ isFile }) => isFile)
  const [chosen, ...more] = files.length > 0 ? files : parts
  if (chosen !== undefined && more.length === 0) return chosen.content
  throw refuse(
    `The form has ${files.length} files and ${parts.length - files.length} fields`,
    'Send one file; several images go as {"images": ["<base64>", …]}.',
  )
}

function partsOf(bytes: Buffer, mark: Buffer): readonly Part[] {
  const parts: Part[] = []
  // The end of a line before a mark belongs to the mark.
  const behind = Buffer.concat([Buffer.from('\r\n'), mark])
  let at = bytes.indexOf(mark)
  while (at >= 0) {
    const start = at + mark.length
    if (bytes.toString('latin1', start, start + 2) === '--') return parts
    const next = bytes.indexOf(behind, start)
    if (next < 0) break
    if (parts.length === MAX_FORM_PARTS) throw refuse(`The form has more than ${MAX_FORM_PARTS} parts`, HINT)
    parts.push(partOf(bytes.subarray(start, next)))
    at = next + 2
  }
  throw refuse('The form does not end with its boundary', HINT)
}

/** A part from the line's end behind its mark. */
function partOf(part: Buffer): Part {
  const end = part.subarray(0, MAX_PART_HEADER_BYTES).indexOf('\r\n\r\n')
  if (part.toString('latin1', 0, 2) !== '\r\n' || end < 0)
    throw refuse('A part of the form has no headers', HINT)
  const lines = part.toString('utf8', 2, end).split('\r\n')
  const header = (name: string) =>
    lines
      .find(line => line.toLowerCase().startsWith(`${name}:`))
      ?.slice(name.length + 1)
      .trim()
  const file = /;\s*filename\*?=(?:"([^"]*)"|([^\s;]*))/i.exec(header('content-disposition') ?? '')
  const name = file?.[1] ?? file?.[2]
  const content = contentOf(part.subarray(end + 4), header('content-type'))
  const ending = name?.split('.').at(-1)?.toLowerCase() ?? ''
  const byEnding = Object.hasOwn(BY_ENDING, ending) ? BY_ENDING[ending] : undefined
  return {
    isFile: name !== undefined,
    content: content.type === undefined ? { ...content, type: byEnding } : content,
  }
}
