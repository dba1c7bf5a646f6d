import { emptyPixels, type Pixels } from '../pixels.ts'

/** The pixels at the given columns and rows. */
export function byPlaces(pixels: Pixels, columns: Int32Array, rows: Int32Array): Pixels {
  const { channels, data } = pixels
  const made = emptyPixels(columns.length, rows.length, channels, data)
  let at = 0
  for (const y of rows) {
    for (const x of columns) {
      const from = (y * pixels.width + x) * channels
      for (let channel = 0; channel < channels; channel++) made.data[at++] = data[from + channel]!
    }
  }
  return made
}
