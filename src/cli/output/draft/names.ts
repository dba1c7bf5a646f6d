import { readlinkSync } from 'node:fs'
import { readdir } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { bootId, digestOf, hexOf, isAlive, ownIdentity, type ProcessIdentity } from '../../../core/index.ts'

/** Files have names of 255 bytes at most. */
const MAX_LABEL = 120

/** Whose it is and which of his: `.model.onnx.3f2a91bc5d17-4711-987654-1.part`. */
const OWNER = /^([0-9a-f]{12})-(\d+)-(\d+)-\d+\.part$/

let count = 0

/** What a file is called until it is whole: beside it, with the process that writes it in its name. */
export function draftOf(path: string): string {
  const { pid, startTime } = ownIdentity()
  return join(
    dirname(path),
    `${prefixOf(path)}${machine() ?? '0'.repeat(12)}-${pid}-${startTime}-${++count}.part`,
  )
}

/** What a draft's writer notes down of it. */
export function notesOf(draft: string): string {
  return `${draft}.notes`
}

/** Drafts of a file whose process is no more, of this machine alone: of others nobody here knows. */
export async function leftDrafts(path: string): Promise<readonly string[]> {
  const own = machine()
  if (own === undefined) return []
  const prefix = prefixOf(path)
  return (await readdir(dirname(path)))
    .filter(name => {
      const [, there, pid, startTime] =
        (name.startsWith(prefix) && OWNER.exec(name.slice(prefix.length))) || []
      const identity: ProcessIdentity = { pid: Number(pid), startTime: startTime ?? '', boot: bootId() }
      return there === own && !isAlive(identity)
    })
    .sort()
    .map(name => join(dirname(path), name))
}

function prefixOf(path: string): string {
  return `.${basename(path).slice(0, MAX_LABEL)}.`
}

/** This boot, and those pids that mean the same here; undefined where the system does not tell. */
function machine(): string | undefined {
  try {
    return hexOf(digestOf(`${bootId()} ${readlinkSync('/proc/self/ns/pid')}`)).slice(0, 12)
  } catch {
    return undefined
  }
}
