import { stat, unlink } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { type Bytes, type Digest, diskFull, syncFolder, systemCode } from '../../core/index.ts'
import { type OnnxModel, type OnnxWritten, writeOnnx } from '../../formats/index.ts'
import { version } from '../version.ts'
import { Draft } from './draft/draft.ts'

/** What the file of a large model's tensors is called, beside the model. */
export function externalName(path: string): string {
  return `${basename(path)}.data`
}

export interface WrittenFile {
  readonly path: string
  readonly size: Bytes
  readonly digest: Digest
}

export interface WrittenModel extends OnnxWritten {
  readonly files: readonly WrittenFile[]
  /** Bytes that a run which was killed had written already. */
  readonly resumed: Bytes
}

/**
 * Writes a model, and above 1 GB its tensors to `<name>.data` beside it. Under other names first, so that a crash
 * leaves no half a model. `from`: the files that the tensors are made of; where they are given, a run that was killed
 * is gone on with if they are the same. Throws DISK_FULL, and what `writeOnnx` and the model's own tensors throw.
 */
export async function writeModel(
  model: OnnxModel,
  path: string,
  from?: readonly string[],
): Promise<WrittenModel> {
  const folder = dirname(path)
  const beside = join(folder, externalName(path))
  const key = from && (await keyOf(from))
  const [main, data] = [new Draft(path, key), new Draft(beside, key)]
  try {
    const written = await writeOnnx(model, main, {
      external: { location: externalName(path), sink: data },
    })
    const files: WrittenFile[] = []
    if (written.externalBytes > 0) {
      // An older model under this name would not fit the new tensors: rather none than half a one.
      await unlink(path).catch(notMissing)
      files.push({ path: beside, ...(await data.finish()) })
    }
    files.unshift({ path, ...(await main.finish()) })
    await syncFolder(folder)
    return { ...written, files, resumed: main.resumed + data.resumed }
  } catch (cause) {
    throw diskFull(cause, path) ?? cause
  } finally {
    await main.discard()
    await data.discard()
  }
}

/** Names what a model is made from, and by whom. */
async function keyOf(paths: readonly string[]): Promise<string> {
  const stats = await Promise.all(paths.map(path => stat(path, { bigint: true })))
  return [version, ...stats.map(({ dev, ino, size, mtimeNs }) => `${dev} ${ino} ${size} ${mtimeNs}`)].join(
    '\n',
  )
}

function notMissing(cause: unknown): void {
  if (systemCode(cause) !== 'ENOENT') throw cause
}
