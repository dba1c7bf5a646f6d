import type { Pixels } from '../pixels.ts'
import type { Work } from '../turns.ts'

export interface Sized {
  readonly width: number
  readonly height: number
}

/** An image whose header was read; `decode` makes its pixels: gray, RGB or RGBA. Throws ImageFault. */
export interface Picture extends Sized {
  decode(): Work<Pixels>
}

/** What is wrong with an image's bytes: the end of a sentence. */
export class ImageFault extends Error {}
