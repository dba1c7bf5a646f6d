import { createHash } from 'node:crypto'
import { constants } from 'node:fs'
import { chown, lstat, mkdir, open, realpath, unlink } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { type Digest, diskFull, isInside, systemCode } from '../../core/index.ts'
import type { Download } from '../control/http.ts'
import { RunnerError } from '../errors.ts'
import { plainPath } from './names.ts'

export interface WantedFile {
  /** Relative to the folder. */
  readonly path: string
  readonly digest: Digest
  readonly size: number
  readonly executable: boolean
  /** A folder, and no file. */
  readonly folder?: boolean | undefined
}

/**
 * Fetches a file into a folder and verifies it: no more bytes than announced are written, and a wrong digest
 * leaves no file. Replaces what is there, never through a link. Throws INPUT_INVALID, BLOB_DIGEST_MISMATCH.
 */
export async function fetchFile(
  folder: string,
  file: WantedFile,
  fetch: (digest: Digest) => Promise<Download>,
  owner?: number,
): Promise<void> {
  if (file.folder) {
    await folderFor(folder, file.path, owner)
    return
  }
  const target = await placeFor(folder, file.path, owner)
  const body = await fetch(file.digest)
  try {
    await writeVerified(target, file, body)
  } catch (cause) {
    body.destroy()
    await unlink(target).catch(() => undefined)
    throw diskFull(cause, target) ?? cause
  }
  if (owner !== undefined) await chown(target, owner, owner)
}

async function writeVerified(
  target: string,
  { path, digest, size, executable }: WantedFile,
  body: Download,
): Promise<void> {
  const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW
  const handle = await open(target, flags, executable ? 0o755 : 0o644)
  const hash = createHash('sha256')
  let received = 0
  try {
    for await (const chunk of body) {
      received += chunk.length
      if (received > size) break
      hash.update(chunk)
      await handle.writeFile(chunk)
    }
  } finally {
    await handle.close()
  }
  const actual = `sha256:${hash.digest('hex')}`
  if (received === size && actual === digest) return
  throw new RunnerError('BLOB_DIGEST_MISMATCH', {
    message: `Expected ${path} to be ${digest} (${size} bytes), received ${received > size ? 'more' : `${actual} (${received} bytes)`}`,
    hint: 'Try the job again; if it happens again, the blob is damaged in the store.',
    details: { expected: digest, actual, size, received },
  })
}

/** The absolute path for a file, its folders made, and nothing there. */
export async function placeFor(folder: string, path: string, owner?: number): Promise<string> {
  const plain = plainPath(path)
  if (plain === undefined) throw escapes(path)
  const at = await folderFor(folder, dirname(plain), owner)
  const target = join(at, plain.split('/').at(-1)!)
  const found = await lstat(target).catch(() => undefined)
  if (found?.isDirectory()) {
    throw new RunnerError('INPUT_INVALID', {
      message: `An earlier job kept a file ${path}; in this commit that is a folder`,
      hint: 'Let the job write it under another name.',
    })
  }
  if (found) await unlink(target)
  return target
}

/** The absolute path of a folder below another, made with those above it where it is not there. */
export async function folderFor(folder: string, path: string, owner?: number): Promise<string> {
  const plain = path === '.' ? path : plainPath(path)
  if (plain === undefined) throw escapes(path)
  const root = await realpath(folder)
  let at = root
  for (const segment of plain.split('/')) {
    if (segment === '.') break
    at = join(at, segment)
    const made = await mkdir(at).then(
      () => true,
      cause => {
        if (systemCode(cause) !== 'EEXIST') throw cause
        return false
      },
    )
    if (made && owner !== undefined) await chown(at, owner, owner)
    // A committed link to a folder is followed as long as it stays inside.
    at = await realpath(at)
    if (!isInside(root, at)) throw escapes(path)
  }
  return at
}

function escapes(path: string): RunnerError {
  return new RunnerError('INPUT_INVALID', {
    message: `The path ${JSON.stringify(path.slice(0, 200))} leads out of the workspace`,
    hint: 'Keep files under relative paths inside the workspace.',
  })
}
