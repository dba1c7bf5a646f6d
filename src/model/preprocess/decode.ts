import type { Sharp } from 'sharp'
import { messageOf } from '../../core/index.ts'
import { ModelError } from '../errors.ts'
import type { Pixels } from './pixels.ts'

/** A photograph is seldom over 20 MB; more is not an image to classify. */
export const MAX_IMAGE_BYTES = 32 * 2 ** 20
/** 50 megapixels decode to 150 MB: the largest phone cameras, and no decompression bomb. */
export const MAX_IMAGE_PIXELS = 50_000_000

type SharpModule = typeof import('sharp')['default']
let sharpModule: Promise<SharpModule> | undefined

/** The native library is loaded with the first image. One thread an image, no cache: images come once. */
function loadSharp(): Promise<SharpModule> {
  sharpModule ??= import('sharp').then(({ default: sharp }) => {
    sharp.concurrency(1)
    sharp.cache(false)
    return sharp
  })
  return sharpModule
}

/**
 * JPEG, PNG or WebP -> RGB bytes, turned upright as its EXIF says, alpha dropped, 16 bits and CMYK brought to
 * 8-bit sRGB; of an animation the first frame. Throws IMAGE_UNREADABLE or IMAGE_TOO_LARGE.
 */
export async function decodeImage(bytes: Uint8Array): Promise<Pixels> {
  if (bytes.byteLength > MAX_IMAGE_BYTES) {
    throw tooLarge(`An image of ${bytes.byteLength} bytes is over the limit of ${MAX_IMAGE_BYTES}`)
  }
  const format = imageFormat(bytes)
  if (!format) {
    throw unreadable('The bytes are no JPEG, PNG or WebP image', undefined)
  }
  const sharp = await loadSharp()
  try {
    const image = sharp(bytes, { limitInputPixels: MAX_IMAGE_PIXELS, failOn: 'error', pages: 1 })
    const { data, info } = await toRgb(image).toBuffer({ resolveWithObject: true })
    const pixels = new Uint8Array(data.buffer, data.byteOffset, data.byteLength)
    return { width: info.width, height: info.height, channels: info.channels, data: pixels }
  } catch (cause) {
    const reason = messageOf(cause)
    if (/pixel limit/i.test(reason)) throw tooLarge(`The image has more than ${MAX_IMAGE_PIXELS} pixels`)
    throw unreadable(`The ${format} image could not be decoded: ${reason}`, cause)
  }
}

/** By its first bytes; the decoder never guesses, so no other of its loaders can be reached. */
export function imageFormat(bytes: Uint8Array): 'JPEG' | 'PNG' | 'WebP' | undefined {
  const head = Buffer.from(bytes.buffer, bytes.byteOffset, Math.min(12, bytes.byteLength)).toString('latin1')
  if (head.startsWith('\xff\xd8\xff')) return 'JPEG'
  if (head.startsWith('\x89PNG\r\n\x1a\n')) return 'PNG'
  if (head.startsWith('RIFF') && head.slice(8) === 'WEBP') return 'WebP'
  return undefined
}

function toRgb(image: Sharp): Sharp {
  return image.autoOrient().removeAlpha().toColourspace('srgb').raw({ depth: 'uchar' })
}

function unreadable(message: string, cause: unknown): ModelError {
  return new ModelError('IMAGE_UNREADABLE', {
    message,
    hint: 'Send an intact JPEG, PNG or WebP image.',
    cause,
  })
}

function tooLarge(message: string): ModelError {
  return new ModelError('IMAGE_TOO_LARGE', {
    message,
    hint: 'Make the image smaller; the model sees a small one anyway.',
  })
}
