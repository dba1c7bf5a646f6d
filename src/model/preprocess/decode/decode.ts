import { messageOf } from '../../../core/index.ts'
import { ModelError } from '../../errors.ts'
import type { Color } from '../../types.ts'
import { type Pixels, withChannels } from '../pixels.ts'
import { inTurns } from '../turns.ts'
import { openBmp } from './bmp.ts'
import { Gate } from './gate.ts'
import { HEADERS, type ImageHeader } from './header.ts'
import { overBackground, rgbOfInk } from './ink.ts'
import { decodeNative, headerByNative } from './native.ts'
import { openNetpbm } from './netpbm.ts'
import { ImageFault, type Picture, type Sized } from './picture.ts'
import { type ImageFormat, imageFormat } from './sniff.ts'

/** A photograph is seldom over 20 MB; more is not an image to classify. */
export const MAX_IMAGE_BYTES = 32 * 2 ** 20
/** 50 megapixels decode to 150 MB: the largest phone cameras, and no decompression bomb. */
export const MAX_IMAGE_PIXELS = 50_000_000
/** Pixels of all images that are in work at once: a largest one, or some hundred ordinary ones. */
const MAX_PIXELS_IN_WORK = 50_000_000

/** Entered for as long as an image's pixels are held: while it is decoded and transformed. */
const gate = new Gate(MAX_PIXELS_IN_WORK)

export interface DecodeOptions {
  /** What shows behind transparent pixels; without it alpha is dropped. */
  readonly background?: Color | undefined
  /** For an image of a size: the size at which a JPEG may be decoded instead. */
  readonly reduce?: ((full: Sized) => Sized | undefined) | undefined
}

/**
 * Decodes an image to RGB or gray bytes, turned upright as its EXIF says, alpha gone, 16 bits and CMYK brought to 8-bit
 * RGB, of an animation or of several pages the first; then gives it to `use`. While many do so the others wait, so that
 * memory stays within bounds. Throws IMAGE_UNREADABLE or IMAGE_TOO_LARGE.
 */
export async function withImage<T>(
  bytes: Uint8Array,
  options: DecodeOptions,
  use: (pixels: Pixels) => Promise<T>,
): Promise<T> {
  if (bytes.byteLength > MAX_IMAGE_BYTES) {
    throw tooLarge(`An image of ${bytes.byteLength} bytes is over the limit of ${MAX_IMAGE_BYTES}`)
  }
  const format = imageFormat(bytes)
  if (!format) throw unreadable(`The bytes are no image of a known format (${KNOWN})`, undefined)
  if (format === 'HEIC') throw unreadable('The image is HEIC (HEVC), which is not decoded here', undefined)
  const opened = await open(bytes, format).catch(cause => {
    throw undecodable(format, cause)
  })
  const pixels = opened.width * opened.height
  if (pixels > MAX_IMAGE_PIXELS) {
    throw tooLarge(`The image has ${opened.width} × ${opened.height} pixels, more than ${MAX_IMAGE_PIXELS}`)
  }
  return gate.pass(pixels, async () => {
    const decoded = await opened.decode(options).catch(cause => {
      throw undecodable(format, cause)
    })
    return use(withoutAlpha(decoded, options.background))
  })
}

interface Opened extends Sized {
  decode(options: DecodeOptions): Promise<Pixels>
}

const OWN: Readonly<Partial<Record<ImageFormat, (bytes: Buffer) => Picture>>> = {
  BMP: openBmp,
  PNM: openNetpbm,
}

async function open(bytes: Uint8Array, format: ImageFormat): Promise<Opened> {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const own = OWN[format]?.(buffer)
  if (own) return { width: own.width, height: own.height, decode: () => inTurns(own.decode()) }
  const reader = HEADERS[format]
  const header = reader ? reader(buffer) : await headerByNative(bytes)
  if (!header) throw new ImageFault('its header is cut off or wrong')
  return { ...header, decode: options => native(bytes, format, header, options) }
}

async function native(
  bytes: Uint8Array,
  format: ImageFormat,
  header: ImageHeader,
  { background, reduce }: DecodeOptions,
): Promise<Pixels> {
  const made = await decodeNative(bytes, header, {
    maxPixels: MAX_IMAGE_PIXELS,
    alpha: background !== undefined,
    reducedTo: format === 'JPEG' ? reduce?.(header) : undefined,
  })
  return header.components === 4 && made.channels === 4 ? rgbOfInk(made) : made
}

/** RGB and gray stay; of RGBA the colours do, over the background if there is one. */
export function withoutAlpha(pixels: Pixels, background: Color | undefined): Pixels {
  if (pixels.channels !== 4 && pixels.channels !== 2) return pixels
  if (background && pixels.channels === 4) return overBackground(pixels, background)
  return withChannels(pixels, pixels.channels === 4 ? 3 : 1)
}

function undecodable(format: ImageFormat, cause: unknown): ModelError {
  const reason = messageOf(cause)
  if (/pixel limit/i.test(reason)) return tooLarge(`The image has more than ${MAX_IMAGE_PIXELS} pixels`)
  // The library tells each damage again in every strip.
  const [first] = reason.split('\n', 1)
  return unreadable(`The ${format} image could not be decoded: ${first}`, cause)
}

const KNOWN = 'JPEG, PNG, WebP, GIF, TIFF, AVIF, BMP, PNM'

function unreadable(message: string, cause: unknown): ModelError {
  return new ModelError('IMAGE_UNREADABLE', {
    message,
    hint: 'Send an intact image, as JPEG or PNG if in doubt.',
    cause,
  })
}

function tooLarge(message: string): ModelError {
  return new ModelError('IMAGE_TOO_LARGE', {
    message,
    hint: 'Make the image smaller; the model sees a small one anyway.',
  })
}
