import { crc32 } from 'node:zlib'

/**
 * A line of a segment: the CRC-32 of its JSON in hex, a space, the JSON, a line feed. JSON that is written by us has no
 * line feed of its own.
 *
 *   9ae0daaf {"id":"…"}
 */
export function lineOf(json: string): string {
  return `${hex(crc32(json))} ${json}\n`
}

/** The JSON of a line, given without its line feed; undefined where it is damaged. */
export function jsonIn(line: string): string | undefined {
  if (line[PREFIX - 1] !== ' ') return undefined
  const json = line.slice(PREFIX)
  return line.startsWith(hex(crc32(json))) ? json : undefined
}

const PREFIX = 9

function hex(crc: number): string {
  return crc.toString(16).padStart(8, '0')
}

/** What looks a line up: of its record's id, which stands first in its JSON. */
export function keyOf(id: string): number {
  return crc32(id)
}

const ID = /^\{"id":"([^"\\]{1,128})"/

/** Undefined where the JSON is of something else. */
export function idIn(json: string): string | undefined {
  return ID.exec(json)?.[1]
}
