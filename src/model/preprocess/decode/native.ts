import type { Sharp } from 'sharp'
import type { Pixels } from '../pixels.ts'
import type { ImageHeader } from './header.ts'
import { ImageFault, type Sized } from './picture.ts'

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

export interface NativeOptions {
  readonly maxPixels: number
  /** Alpha is kept where the image has it. */
  readonly alpha: boolean
  /** Decoded at about this size where the decoder can do that faster: sides as stored, before they are turned. */
  readonly reducedTo?: Sized | undefined
}

/** Off the event loop, in libuv's pool. Colour profiles are left aside, as in the libraries that models are trained with. */
export async function decodeNative(
  bytes: Uint8Array,
  header: ImageHeader,
  { maxPixels, alpha, reducedTo }: NativeOptions,
): Promise<Pixels> {
  const sharp = await loadSharp()
  let image = sharp(bytes, { limitInputPixels: maxPixels, failOn: 'error', pages: 1, ignoreIcc: true })
  if (reducedTo) image = image.resize({ ...reducedTo, fit: 'fill', kernel: 'linear' })
  const turned = image.autoOrient()
  const { data, info } = await colored(turned, header, alpha).toBuffer({ resolveWithObject: true })
  return {
    width: info.width,
    height: info.height,
    channels: info.channels,
    data: new Uint8Array(data.buffer, data.byteOffset, data.byteLength),
  }
}

function colored(image: Sharp, { components }: ImageHeader, alpha: boolean): Sharp {
  if (components === 4) return image.pipelineColourspace('cmyk').toColourspace('cmyk').raw({ depth: 'uchar' })
  // A JPEG's three are RGB already.
  if (components === 3) return image.raw({ depth: 'uchar' })
  const colors = alpha ? image : image.removeAlpha()
  return colors.toColourspace('srgb').raw({ depth: 'uchar' })
}

/** Bits that are brought to 8 without a guess: whole numbers. */
const DEPTHS: readonly string[] = ['uchar', 'ushort']

/** The header of a format whose structure only its own library reads. Throws what that library finds wrong. */
export async function headerByNative(bytes: Uint8Array): Promise<ImageHeader> {
  const sharp = await loadSharp()
  const {
    width,
    height,
    depth = 'none',
  } = await sharp(bytes, {
    limitInputPixels: false,
    failOn: 'error',
    pages: 1,
  }).metadata()
  if (!DEPTHS.includes(depth))
    throw new ImageFault(`its values are ${depth}, not whole numbers of 8 or 16 bits`)
  return { width, height }
}
