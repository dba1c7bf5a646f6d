import { byMagic } from '../../open/magic.ts'
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
  ['PAR1', 'parquet'],
  ['ARROW1\0\0', 'arrow'],
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
    return isXgboostBinary(content) ? 'xgboost-binary' : undefined
  },
}

/** XGBoost before 3.1 also had a binary format of its own: `binf`, or the bare parameters, which can't be told. */
function isXgboostBinary(content: Content): boolean {
  return hasMagic(content, 'binf') || hasMagic(content, 'CONFIG-offset:')
}
