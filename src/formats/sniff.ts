export interface Lookalike {
  /** With its article: `a zip archive`. */
  readonly what: string
  readonly hint: string
}

/** For a model that is there, and in another format than the one that is wanted. */
export const EXPORT = 'Export the model to ONNX in the training job, and name that file as model.file.'

const LFS_POINTER = 'a Git LFS pointer'

/** Files that are often found under a model's name, by their first bytes. */
const MAGIC: readonly (readonly [prefix: string, what: string, hint: string])[] = [
  [
    'version https://git-lfs',
    LFS_POINTER,
    'The file itself was not fetched: run `git lfs pull`, or push it with Git LFS enabled.',
  ],
  ['PK\x03\x04', 'a zip archive (a PyTorch .pt, a .keras or .npz file?)', EXPORT],
  ['\x89HDF\r\n\x1a\n', 'an HDF5 file (a Keras .h5?)', EXPORT],
  ['GGUF', 'a GGUF file', EXPORT],
  ['\x93NUMPY', 'a numpy array', EXPORT],
  ['\x1f\x8b', 'gzip-compressed data', 'Unpack it first.'],
  ['BZh', 'bzip2-compressed data', 'Unpack it first.'],
  ['\x28\xb5\x2f\xfd', 'zstd-compressed data', 'Unpack it first.'],
  ['\xfd7zXZ\0', 'xz-compressed data', 'Unpack it first.'],
  ['\x89PNG', 'a PNG image', EXPORT],
  ['\xff\xd8\xff', 'a JPEG image', EXPORT],
  ['%PDF', 'a PDF document', EXPORT],
  ['\x7fELF', 'a program', EXPORT],
  ['PK\x05\x06', 'a zip archive without files', 'Write it again; nothing was put into it.'],
  ['ARROW1', 'an Arrow file', 'Write the table as Parquet.'],
  ['ORTM', 'an ONNX Runtime .ort model', 'Give the .onnx file that it was made from.'],
]

/** Git LFS keeps the file elsewhere; any text ending would make a table or a list of names of it. */
export function isLfsPointer(head: Uint8Array): boolean {
  return looksLike(head)?.what === LFS_POINTER
}

/** What a file that is not what it should be looks like; undefined where nothing is recognised. */
export function looksLike(head: Uint8Array): Lookalike | undefined {
  const latin = Buffer.from(head.buffer, head.byteOffset, head.byteLength).toString('latin1')
  if (head.byteLength === 0) return { what: 'an empty file', hint: 'Export it again; nothing was written.' }
  for (const [prefix, what, hint] of MAGIC) if (latin.startsWith(prefix)) return { what, hint }
  if (latin.slice(4, 8) === 'TFL3') return { what: 'a TensorFlow Lite model', hint: EXPORT }
  if (latin.slice(4, 8) === 'ORTM')
    return { what: 'an ONNX Runtime .ort model', hint: 'Give the .onnx file that it was made from.' }
  if (/^\x80[\x02-\x05][\x95}\]c(K\x8a]/.test(latin))
    return { what: 'a pickle (a PyTorch or scikit-learn file?)', hint: EXPORT }
  if (/^(\xff\xfe.\0|\xfe\xff\0)/s.test(latin))
    return { what: 'text in UTF-16', hint: 'Save the file in UTF-8.' }
  if (latin.startsWith('ustar', 257)) return { what: 'a tar archive', hint: 'Unpack it first.' }
  if (latin[8] === '{' && /^.{7}\0\{/s.test(latin)) return { what: 'a safetensors file', hint: EXPORT }
  return textKind(latin, head)
}

function textKind(latin: string, head: Uint8Array): Lookalike | undefined {
  if (/[\x00-\x08\x0e-\x1f\x7f]/.test(latin)) return undefined
  if (!isUtf8(head))
    return mostlyAscii(latin)
      ? { what: 'text that is not UTF-8', hint: 'Save the file in UTF-8.' }
      : undefined
  const start = latin.trimStart().toLowerCase()
  if (start.startsWith('<!doctype html') || start.startsWith('<html')) {
    return {
      what: 'an HTML page',
      hint: 'A download probably gave an error or log-in page instead of the file.',
    }
  }
  if (start.startsWith('<')) return { what: 'an XML file', hint: EXPORT }
  if (start.startsWith('{') || start.startsWith('[')) return { what: 'a JSON file', hint: EXPORT }
  return { what: 'a text file', hint: EXPORT }
}

/** Letters of another Latin encoding are few beside those of ASCII; in noise they are not. */
function mostlyAscii(latin: string): boolean {
  return latin.replace(/[\x80-\xff]/g, '').length > latin.length * 0.8
}

/** The head may end within a character: that is no fault. */
function isUtf8(head: Uint8Array): boolean {
  try {
    new TextDecoder('utf-8', { fatal: true }).decode(head, { stream: true })
    return true
  } catch {
    return false
  }
}
