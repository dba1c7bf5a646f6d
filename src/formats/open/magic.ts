import type { DataFormat, ModelFormat } from '../types.ts'

/** The first bytes of formats that have such, as Latin-1 text. */
const MAGIC: readonly (readonly [
  prefix: string,
  format: ModelFormat | Exclude<DataFormat, 'image-folder'> | 'zip',
])[] = [
  ['PK\x03\x04', 'zip'],
  // An archive without entries.
  ['PK\x05\x06', 'zip'],
  ['\x89HDF\r\n\x1a\n', 'hdf5'],
  ['GGUF', 'gguf'],
  ['\x93NUMPY', 'npy'],
  ['PAR1', 'parquet'],
  // LightGBM's text: the kind of model, then its version.
  ['tree\nversion=', 'lightgbm'],
  ['tree\r\nversion=', 'lightgbm'],
]
/** A user block before an HDF5 file has a power of two of bytes. */
const HDF5_STARTS = [512, 1024, 2048, 4096, 8192, 16_384, 32_768]
const HDF5 = '\x89HDF\r\n\x1a\n'
/** IDX: two zeros, the element type, the rank. */
const IDX = /^\0\0[\x08\x09\x0b-\x0e][\x01-\x08]/
/** PROTO 2 to 5, then an opcode with which a value begins (or FRAME). */
const PICKLE = /^\x80[\x02-\x05][\x95}\]\x8fc(KMJIFGNUXVTBC\x8a\x8b\x8c\x88\x89)SL\x8d\x8e\x96PQ]/
/** PyTorch's legacy file: a pickle, in a frame from protocol 4 on, of the magic number 0x1950a86a20f9469cfc6c. */
const PYTORCH_LEGACY = /^\x80[\x02-\x05](?:\x95.{8})?\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19/s
/** UBJSON objects of XGBoost: `{`, then a key's length marker. */
const UBJSON = /^\{(?:[iUIlL]|#|\$)/

/** What the first bytes alone say; `zip` says which archive only behind its directory. */
export function byMagic(
  head: Uint8Array,
): ModelFormat | Exclude<DataFormat, 'image-folder'> | 'zip' | undefined {
  const latin = Buffer.from(head.buffer, head.byteOffset, head.byteLength).toString('latin1')
  for (const [prefix, format] of MAGIC) if (latin.startsWith(prefix)) return format
  if (latin.slice(4, 8) === 'TFL3') return 'tflite'
  if (HDF5_STARTS.some(at => latin.startsWith(HDF5, at))) return 'hdf5'
  if (PYTORCH_LEGACY.test(latin)) return 'pytorch-legacy'
  if (PICKLE.test(latin)) return 'pickle'
  if (UBJSON.test(latin) && latin.slice(0, 4096).includes('learner')) return 'xgboost-ubj'
  if (isSafetensors(latin)) return 'safetensors'
  return IDX.test(latin) ? 'idx' : undefined
}

/** A u64 length under 2^40, then JSON; or a lying length before what only such a header says. */
function isSafetensors(latin: string): boolean {
  if (/^.{5}\0\0\0\{/s.test(latin)) return true
  return latin[8] === '{' && /"(?:__metadata__|data_offsets)"/.test(latin.slice(8, 4096))
}
