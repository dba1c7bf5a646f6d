import { type FileHandle, open, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { type Milliseconds, systemCode } from '../../core/index.ts'
import { InferenceError } from '../errors.ts'

/**
 * In each folder whose files nobody has compared with their digests yet. Who does writes `RIGHT` into it and removes it;
 * it goes without that word where the files were wrong.
 */
export const UNVERIFIED = '.ballast-unverified'
export const RIGHT = 'right'

/** Hashing a gigabyte takes a second; with a host that never came back there is nobody to wait for. */
const LIMIT_MS: Milliseconds = 600_000
const LOOK_MS: Milliseconds = 5

export interface Verdict {
  /** Resolves when the files were found right. Throws BLOB_MISMATCH. */
  awaited(): Promise<void>
}

/**
 * To be opened before the model is loaded: the mark says of the files that lie beside it now, and of no later ones. Throws
 * BLOB_MISMATCH where they are gone already.
 */
export async function openVerdict(modelPath: string): Promise<Verdict> {
  const path = join(dirname(modelPath), UNVERIFIED)
  const mark = await open(path, 'r').catch(error => {
    if (systemCode(error) === 'ENOENT') return undefined
    throw error
  })
  if (mark === undefined) {
    const folder = await stat(dirname(path)).catch(() => undefined)
    if (folder === undefined) throw wrong(path, 'its files were taken back')
    return { awaited: () => Promise.resolve() }
  }
  let said: Promise<void> | undefined
  return {
    awaited() {
      said ??= whenRight(mark, path).finally(() => mark.close())
      return said
    },
  }
}

async function whenRight(mark: FileHandle, path: string): Promise<void> {
  const { ino } = await mark.stat({ bigint: true })
  const started = performance.now()
  for (;;) {
    const there = await stat(path, { bigint: true }).catch(() => undefined)
    // Looked at last: the word is written before the mark goes.
    if (await saysRight(mark)) return
    if (there?.ino !== ino) throw wrong(path, 'the control plane did not find its files right')
    if (performance.now() - started > LIMIT_MS) throw wrong(path, 'nobody said that its files are right')
    await new Promise(resolve => setTimeout(resolve, LOOK_MS))
  }
}

async function saysRight(mark: FileHandle): Promise<boolean> {
  const { buffer, bytesRead } = await mark.read(Buffer.alloc(RIGHT.length), 0, RIGHT.length, 0)
  return buffer.toString('latin1', 0, bytesRead) === RIGHT
}

function wrong(path: string, reason: string): InferenceError {
  return new InferenceError('BLOB_MISMATCH', {
    message: `The model in ${dirname(path)} can't be served: ${reason}`,
    hint: 'It is fetched again. `ballast registry fsck` says what is damaged.',
  })
}
