import type { ByteSource } from '../../../core/index.ts'
import type { FileTree } from '../../ports.ts'

/** What is scanned: a file, an entry of an archive, a byte string. */
export interface Content {
  readonly source: ByteSource
  /** Path in the folder, with entries behind `!`. */
  readonly file: string
  /** The last part: what a loader would go by as its name. */
  readonly name: string
  readonly depth: number
  /** The first bytes. */
  readonly head: Uint8Array
  /** The same as Latin-1 text, for signatures. */
  readonly latin: string
  /** Where it came from, for what it names beside it. Absent within archives. */
  readonly tree?: FileTree
  /** In the tree. */
  readonly path?: string
}

/** Whether the content has a signature at a place. */
export function hasMagic(content: Content, magic: string, at = 0): boolean {
  return content.latin.startsWith(magic, at)
}

/** Lower-case, with its dot; empty without. */
export function extensionOf(name: string): string {
  const dot = name.lastIndexOf('.')
  return dot <= 0 ? '' : name.slice(dot).toLowerCase()
}
