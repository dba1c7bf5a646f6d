/** Where things lie in the memory of the codec's loops. The sizes of tables are those of `CodecLoops`. */

/** The longest piece that fits. */
export const CODEC_ROOM: number = 0x10_0000

/** What whole vectors and words may read or write beyond a piece, and the gaps between planes. */
const PAD = 0x1_0000

export const COUNTS = 0x0400
export const CODES = 0x3000
/** Of packing: 256 bytes. */
export const MAP = 0x3800
/** Five u32. */
export const STREAMS = 0x3a00
/** Addresses of up to eight planes. */
export const PLACES = 0x3a40
export const SINGLE = 0x4000
export const TABLE = 0x5000
export const SEEN = 0x8000
export const PIECE = 0x1_0000
/** Of a difference, what it is from; then, once the planes are split, pairs of codes in half of it. */
export const BASE: number = PIECE + CODEC_ROOM + PAD
export const PLANES: number = BASE + CODEC_ROOM + PAD
/** A plane whose bytes were packed into half or less. */
export const PACKED: number = PLANES + CODEC_ROOM + PAD
/** A damaged stream is read beyond its end: as far again as half a piece. */
export const BODY: number = PACKED + CODEC_ROOM / 2 + PAD
export const CODEC_BYTES: number = BODY + 1.5 * CODEC_ROOM + PAD
