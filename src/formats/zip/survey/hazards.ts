import type { ZipHazard, ZipHazardKind } from './types.ts'

/** Nobody reads more, and the first one decides already. */
export const MAX_HAZARDS = 10_000
/** Of a name in a message. */
const SHOWN = 200

/** Collects hazards, up to a limit. */
export class Hazards {
  readonly found: ZipHazard[] = []

  add(kind: ZipHazardKind, offset: number, detail: string, entry?: string): void {
    if (this.found.length >= MAX_HAZARDS) return
    this.found.push({ kind, offset, detail, ...(entry !== undefined && { entry: entry.slice(0, 4096) }) })
  }
}

/** A name as messages show it: control characters escaped, and not too long. */
export function shown(name: string): string {
  const cut = name.length > SHOWN ? `${name.slice(0, SHOWN)}…` : name
  return `'${cut.replaceAll(/[\0-\x1f\x7f]/g, c => `\\x${c.charCodeAt(0).toString(16).padStart(2, '0')}`)}'`
}
