export const IMAGE_FORMATS = ['JPEG', 'PNG', 'WebP', 'GIF', 'TIFF', 'AVIF', 'HEIC', 'BMP', 'PNM'] as const
export type ImageFormat = (typeof IMAGE_FORMATS)[number]

/** Enough for a file type box with several brands. */
const HEAD_BYTES = 64
/** Sizes of the headers that a BMP may have: BITMAPCOREHEADER, then BITMAPINFOHEADER and its successors. */
const BMP_HEADERS: readonly number[] = [12, 40, 52, 56, 64, 108, 124]

const SIGNATURES: readonly (readonly [ImageFormat, (head: string, bytes: Buffer) => boolean])[] = [
  ['JPEG', head => head.startsWith('\xff\xd8\xff')],
  ['PNG', head => head.startsWith('\x89PNG\r\n\x1a\n')],
  ['WebP', head => head.startsWith('RIFF') && head.slice(8, 12) === 'WEBP'],
  ['GIF', head => /^GIF8[79]a/.test(head)],
  ['TIFF', head => /^(?:II[*+]\0|MM\0[*+])/.test(head)],
  ['AVIF', (head, bytes) => brandsOf(head, bytes).some(brand => brand === 'avif' || brand === 'avis')],
  [
    'HEIC',
    (head, bytes) => brandsOf(head, bytes).some(brand => /^(?:hei[cmsx]|hev[cmsx]|mif1|msf1)$/.test(brand)),
  ],
  [
    'BMP',
    (head, bytes) =>
      head.startsWith('BM') && head.length >= 18 && BMP_HEADERS.includes(bytes.readUInt32LE(14)),
  ],
  ['PNM', head => /^P[1-6]\s+(?:#|\d+\s+\d+\s)/.test(head)],
]

/** Of the signatures, so that other bodies cost next to nothing; file type boxes have theirs at byte 4. */
const FIRST_BYTES: ReadonlySet<number> = new Set(Buffer.from('\xff\x89RGIMBP', 'latin1'))
const BOX_TYPE = 0x66

/** What image bytes begin as; the decoder never guesses, so no other of its loaders can be reached. */
export function imageFormat(bytes: Uint8Array): ImageFormat | undefined {
  if (!FIRST_BYTES.has(bytes[0] ?? 0) && bytes[4] !== BOX_TYPE) return undefined
  const start = Buffer.from(bytes.buffer, bytes.byteOffset, Math.min(HEAD_BYTES, bytes.byteLength))
  const head = start.toString('latin1')
  return SIGNATURES.find(([, fits]) => fits(head, start))?.[0]
}

/** Major and compatible brands of an ISO base media file: ISO/IEC 14496-12, 4.3. */
function brandsOf(head: string, bytes: Buffer): readonly string[] {
  if (head.slice(4, 8) !== 'ftyp' || head.length < 16) return []
  const end = Math.min(head.length, bytes.readUInt32BE(0))
  const brands = [head.slice(8, 12)]
  for (let at = 16; at + 4 <= end; at += 4) brands.push(head.slice(at, at + 4))
  return brands
}
