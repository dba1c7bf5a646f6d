import { readFile, stat } from 'node:fs/promises'
import { basename, extname } from 'node:path'
import { buffer } from 'node:stream/consumers'
import { BallastError, messageOf, sourceOf, systemCode, type Tensor } from '../../core/index.ts'
import { openNpz } from '../../formats/index.ts'
import { binaryRequest, type HttpBody } from './oip.ts'

/** What is sent for one input of the command. */
export interface Input extends HttpBody {
  /** For people: a file's name, `text`, `stdin`. */
  readonly name: string
  /** `infer` where the body is a request of the Open Inference Protocol, else `predict`: the plain path. */
  readonly path: 'infer' | 'predict'
}

/** What a gateway takes at most. */
const MAX_INPUT_BYTES = 64 * 2 ** 20

const TYPES: Readonly<Record<string, string>> = {
  '.jpg': 'image/jpeg',
  '.jpeg': 'image/jpeg',
  '.png': 'image/png',
  '.webp': 'image/webp',
  '.gif': 'image/gif',
  '.tif': 'image/tiff',
  '.tiff': 'image/tiff',
  '.avif': 'image/avif',
  '.heic': 'image/heic',
  '.bmp': 'image/bmp',
  '.csv': 'text/csv',
  '.tsv': 'text/tab-separated-values',
  '.txt': 'text/plain',
  '.json': 'application/json',
  '.jsonl': 'application/x-ndjson',
  '.ndjson': 'application/x-ndjson',
  '.npy': 'application/x-npy',
  '.npz': 'application/x-npz',
}

/** First bytes that say what a body is, whatever it is called. */
const MAGIC: readonly (readonly [prefix: string, type: string])[] = [
  ['\xff\xd8\xff', 'image/jpeg'],
  ['\x89PNG\r\n\x1a\n', 'image/png'],
  ['GIF8', 'image/gif'],
  ['II*\0', 'image/tiff'],
  ['MM\0*', 'image/tiff'],
  ['\x93NUMPY', 'application/x-npy'],
  ['PK\x03\x04', 'application/x-npz'],
]

/** A file, or `-` for standard input. `type` is a content type that goes before every guess. Throws INPUT_UNREADABLE. */
export async function readInput(file: string, type: string | undefined): Promise<Input> {
  const bytes = file === '-' ? await buffer(process.stdin) : await readBounded(file)
  const name = file === '-' ? 'stdin' : basename(file)
  if (bytes.length > MAX_INPUT_BYTES) throw tooLarge(file, bytes.length)
  return inputOf(name, bytes, type ?? guessType(file, bytes))
}

export function textInput(text: string): Input {
  return { name: 'text', path: 'predict', body: Buffer.from(text), headers: { 'content-type': 'text/plain' } }
}

export async function inputOf(name: string, bytes: Buffer, type: string): Promise<Input> {
  if (type === 'application/x-npz') return { name, path: 'infer', ...(await npzRequest(name, bytes)) }
  const path = type === 'application/json' && isInferenceRequest(bytes) ? 'infer' : 'predict'
  return { name, path, body: bytes, headers: { 'content-type': type } }
}

/** By the first bytes, then by the name; what looks like JSON is JSON, and any other a text. */
export function guessType(file: string, bytes: Buffer): string {
  const head = bytes.toString('latin1', 0, 16)
  const byMagic = MAGIC.find(([prefix]) => head.startsWith(prefix))?.[1]
  if (byMagic !== undefined) return byMagic
  if (head.startsWith('RIFF') && head.slice(8, 12) === 'WEBP') return 'image/webp'
  const ending = extname(file).toLowerCase()
  if (Object.hasOwn(TYPES, ending)) return TYPES[ending]!
  return /^\s*[[{]/.test(head) ? 'application/json' : 'text/plain'
}

/** `{"inputs": [{"name": …, "shape": …}]}`, which the model's own protocol answers. */
function isInferenceRequest(bytes: Buffer): boolean {
  try {
    const { inputs } = JSON.parse(bytes.toString('utf8')) as { readonly inputs?: unknown }
    const [first] = Array.isArray(inputs) ? (inputs as unknown[]) : []
    return typeof first === 'object' && first !== null && 'datatype' in first
  } catch {
    // The server says what is wrong with it, with the place.
    return false
  }
}

/** The arrays of a .npz file, each the input of its name. */
async function npzRequest(name: string, bytes: Buffer): Promise<HttpBody> {
  const archive = await openNpz(sourceOf(bytes, name))
  if (archive.names.length === 0) {
    throw new BallastError('INPUT_UNREADABLE', {
      message: `${name} holds no array`,
      hint: 'Write one with numpy.savez, an array for each input of the model.',
    })
  }
  const tensors: Record<string, Tensor> = Object.create(null)
  for (const each of archive.names) tensors[each] = await (await archive.array(each)).read()
  return binaryRequest(tensors)
}

async function readBounded(file: string): Promise<Buffer> {
  try {
    const { size } = await stat(file)
    if (size > MAX_INPUT_BYTES) throw tooLarge(file, size)
    return await readFile(file)
  } catch (cause) {
    if (cause instanceof BallastError) throw cause
    throw new BallastError('INPUT_UNREADABLE', {
      message: `Could not read ${file}: ${messageOf(cause)}`,
      hint:
        systemCode(cause) === 'ENOENT' ? 'Check the name; a text is given with --text.' : 'Check the file.',
      cause,
    })
  }
}

function tooLarge(file: string, size: number): BallastError {
  return new BallastError('INPUT_UNREADABLE', {
    message: `${file} has ${size} bytes; a prediction takes at most ${MAX_INPUT_BYTES}`,
    hint: 'Send fewer examples at once.',
  })
}
