import { emptyPixels, type Pixels } from '../pixels.ts'
import { overLines, type Work } from '../turns.ts'

/** The pixels at the given columns and rows. */
export function* byPlaces(pixels: Pixels, columns: Int32Array, rows: Int32Array): Work<Pixels> {
  const { channels, data } = pixels
  const made = emptyPixels(columns.length, rows.length, channels, data)
  const target = made.data
  const row = columns.length * channels
  yield* overLines(rows.length, row * 2, (first, end) => {
    let at = first * row
    for (let line = first; line < end; line++) {
      for (const x of columns) {
        const from = (rows[line]! * pixels.width + x) * channels
        for (let channel = 0; channel < channels; channel++) target[at++] = data[from + channel]!
      }
    }
  })
  return made
}
