import type { ScanFinding } from './types.ts'

/** A finding in a sentence, with its place: `model.pt!data.pkl, byte 40: os.system is called with 'id'`. */
export function describeFinding({ what, at }: ScanFinding): string {
  const parts = [
    at.offset === undefined ? undefined : `byte ${at.offset}`,
    at.line === undefined ? undefined : `line ${at.line}`,
    at.tensor === undefined ? undefined : `tensor ${at.tensor}`,
    at.layer === undefined ? undefined : `layer ${at.layer}`,
    at.node === undefined ? undefined : `node ${at.node}`,
    at.key === undefined ? undefined : `key ${at.key}`,
  ].filter(part => part !== undefined)
  return `${[at.file, ...parts].join(', ')}: ${what}`
}
