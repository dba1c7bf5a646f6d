import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** A part of a workspace whose content is in memory. */
export type HeldPart =
  | { readonly kind: 'folder'; readonly path: string }
  | { readonly kind: 'file'; readonly path: string; readonly mode: number; readonly content: Buffer }
  | { readonly kind: 'link'; readonly path: string; readonly target: string }

/** Synchronous: a small file takes less time than to ask for it to be written. */
export function writePart(folder: string, part: HeldPart): void {
  const to = join(folder, part.path)
  if (part.kind === 'folder') mkdirSync(to)
  else if (part.kind === 'link') symlinkSync(part.target, to)
  else writeFileSync(to, part.content, { flag: 'wx', mode: part.mode })
}
