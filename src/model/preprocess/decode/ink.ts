import type { Pixels } from '../pixels.ts'

/** Cyan, magenta, yellow, black -> RGB without a colour profile: each ink takes its part of what black leaves (Pillow). */
export function rgbOfInk({ width, height, data }: Pixels): Pixels {
  const made = new Uint8Array(width * height * 3)
  for (let i = 0, to = 0; i < data.length; i += 4) {
    const left = 255 - data[i + 3]!
    for (let channel = 0; channel < 3; channel++) {
      const product = data[i + channel]! * left + 128
      made[to++] = Math.max(0, left - (((product >> 8) + product) >> 8))
    }
  }
  return { width, height, channels: 3, data: made }
}

/** Over a background: c·a + b·(1 − a), rounded to nearest. Takes RGBA bytes, or floats on the same scale. */
export function overBackground({ width, height, data }: Pixels, background: readonly number[]): Pixels {
  const bytes = data instanceof Uint8Array
  const count = width * height * 3
  const made = bytes ? new Uint8Array(count) : new Float32Array(count)
  for (let i = 0, to = 0; i < data.length; i += 4) {
    const alpha = data[i + 3]!
    for (let channel = 0; channel < 3; channel++) {
      const behind = background[background.length === 1 ? 0 : channel]!
      const sum = data[i + channel]! * alpha + behind * (255 - alpha)
      made[to++] = bytes ? (((sum + 128) >> 8) + sum + 128) >> 8 : sum / 255
    }
  }
  return { width, height, channels: 3, data: made }
}
