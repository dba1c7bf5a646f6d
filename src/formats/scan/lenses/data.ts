import type { ByteSource } from '../../../core/index.ts'
import { FormatsError, failing } from '../../errors.ts'
import { byMagic } from '../../open/magic.ts'
import { Wire } from '../../protobuf/wire.ts'
import { type Content, hasMagic } from '../engine/content.ts'
import type { Lens } from '../engine/lens.ts'

/** Formats of data that nothing executes, by their first bytes. */
const MAGIC: readonly (readonly [magic: string, format: string, at?: number])[] = [
  ['\x89PNG\r\n\x1a\n', 'png'],
  ['\xff\xd8\xff', 'jpeg'],
  ['GIF87a', 'gif'],
  ['GIF89a', 'gif'],
  ['WEBP', 'webp', 8],
  ['WAVE', 'wav', 8],
  ['OggS', 'ogg'],
  ['fLaC', 'flac'],
  ['ID3', 'mp3'],
  ['ftyp', 'mp4', 4],
  ['II*\0', 'tiff'],
  ['MM\0*', 'tiff'],
  ['%PDF-', 'pdf'],
  ['CBM1', 'catboost'],
  ['PAR1', 'parquet'],
  ['ARROW1\0\0', 'arrow'],
  ['MATLAB 5.0 MAT-file', 'matlab'],
  ['SIMPLE  =', 'fits'],
  ['CDF\x01', 'netcdf'],
  ['CDF\x02', 'netcdf'],
  ['SR\0\x04', 'idl'],
]
/** SentencePiece: a ModelProto of pieces, the first of which is <unk> as a rule. */
const SENTENCEPIECE = /^\n[\x03-\x40]\n[\x01-\x40](?:<unk>|<pad>|<s>|\[PAD\]|\[UNK\])/

/** Data that is no model and holds no code: images, sounds, tables, tokenizers; boosted trees as text or UBJSON. */
export const dataLens: Lens = {
  name: 'data',
  async scan(content) {
    const found = MAGIC.find(([magic, , at = 0]) => hasMagic(content, magic, at))
    if (found) return found[1]
    if (SENTENCEPIECE.test(content.latin)) return 'sentencepiece'
    const format = byMagic(content.head)
    if (format === 'idx' || format === 'lightgbm' || format === 'xgboost-ubj') return format
    if (await isTensor(content.source)) return 'onnx-tensor'
    return isXgboostBinary(content) ? 'xgboost-binary' : undefined
  },
}

const stop = failing('FORMAT_UNKNOWN', '')
/** Fields of a tensor's header: sizes one by one, then type and name. */
const MAX_FIELDS = 64
const MAX_EMPTY_BYTES = 64

/** TensorProto, SequenceProto and OptionalProto: the inputs and outputs beside ONNX' own test models. */
async function isTensor(source: ByteSource): Promise<boolean> {
  const wire = new Wire(source, { malformed: stop, overLimit: stop, truncated: stop })
  const kinds = new Map<number, string>()
  let count = 0
  try {
    await wire.walk(wire.whole, ({ number, kind }) => {
      kinds.set(number, kind)
      if (number > 14 || ++count > MAX_FIELDS) throw stop('another message')
    })
  } catch (error) {
    if (!(error instanceof FormatsError)) throw error
    return false
  }
  const typed = kinds.get(2) === 'varint' && (kinds.get(1) ?? 'varint') !== 'fixed'
  // An empty sequence has its name and type alone.
  if (typed && kinds.size === 2 && kinds.get(1) === 'bytes' && source.size <= MAX_EMPTY_BYTES) return true
  return typed && [3, 4, 5, 6, 7, 8, 9, 10, 11].some(number => kinds.get(number) === 'bytes')
}

/** XGBoost before 3.1 also had a binary format of its own: `binf`, or the bare parameters, which can't be told. */
function isXgboostBinary(content: Content): boolean {
  return hasMagic(content, 'binf') || hasMagic(content, 'CONFIG-offset:')
}
