import { mkdir, open, symlink } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { diskFull, systemCode } from '../../../core/index.ts'
import { RunnerError } from '../../errors.ts'
import { readTar } from './tar.ts'

/** What a folder of source holds, so that laying it out again needs no walk. */
export interface SourceListing {
  readonly bytes: number
  /** Parents before children. */
  readonly folders: readonly string[]
  readonly files: readonly string[]
  readonly links: readonly (readonly [path: string, target: string])[]
}

/**
 * Lays an archive into an empty folder. Nothing is ever written through a link: links are made last, and every
 * folder on the way to a file is one that this call made.
 */
export async function extract(archive: AsyncIterable<Uint8Array>, folder: string): Promise<SourceListing> {
  const folders = new Set<string>()
  const files: string[] = []
  const links: [string, string][] = []
  let bytes = 0
  const ensure = async (path: string): Promise<void> => {
    if (path === '.' || folders.has(path)) return
    await ensure(dirname(path))
    await mkdir(join(folder, path))
    folders.add(path)
  }
  for await (const entry of readTar(archive)) {
    try {
      if (entry.kind === 'folder') {
        await ensure(entry.path)
        continue
      }
      await ensure(dirname(entry.path))
      if (entry.kind === 'link') {
        links.push([entry.path, entry.target])
        continue
      }
      await write(join(folder, entry.path), entry.body, entry.executable)
      files.push(entry.path)
      bytes += entry.size
    } catch (cause) {
      throw collision(cause, entry.path) ?? diskFull(cause, join(folder, entry.path)) ?? cause
    }
  }
  for (const [path, target] of links) {
    await symlink(target, join(folder, path)).catch(cause => {
      throw collision(cause, path) ?? cause
    })
  }
  return { bytes, folders: [...folders], files, links }
}

async function write(path: string, body: AsyncIterable<Buffer>, executable: boolean): Promise<void> {
  const handle = await open(path, 'wx', executable ? 0o755 : 0o644)
  try {
    for await (const part of body) await handle.writeFile(part)
  } finally {
    await handle.close()
  }
}

/** The same path twice, or a file where a folder is needed. */
function collision(cause: unknown, path: string): RunnerError | undefined {
  const code = systemCode(cause)
  if (code !== 'EEXIST' && code !== 'ENOTDIR' && code !== 'EISDIR') return undefined
  return new RunnerError('SOURCE_INVALID', {
    message: `The archive of the source is no good: ${path} stands in it twice, or as a file and as a folder`,
    hint: 'Try the job again; if it happens again, the repository on the server is damaged (`git fsck`).',
    cause,
  })
}
