/** Codes that move the cursor, colour, or turn the direction of what follows. */
const CONTROLS = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]+/g

const LINE_CONTROLS = new RegExp(CONTROLS.source.replace('[', '[\\n'), 'g')

/** A file's text must not steer the terminal it is printed on: on one line, without control characters. */
export function clean(text: string): string {
  return text.replace(LINE_CONTROLS, ' ').trim()
}

/** The same of a text with lines of its own. */
export function cleanLines(text: string): string {
  return text.replace(CONTROLS, ' ')
}
