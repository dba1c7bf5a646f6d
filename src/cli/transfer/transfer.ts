import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { open, rename, unlink } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { BallastError, diskFull, hexOf, randomText, syncFolder } from '../../core/index.ts'
import { type ExportFacts, readExport } from '../../registry/index.ts'

/** Reads an export to its end, and holds every file against its digest. Throws EXPORT_INVALID, DOWNLOAD_BROKEN. */
export async function checkExport(chunks: AsyncIterable<Uint8Array>): Promise<ExportFacts> {
  return readExport(chunks, {
    async file({ name, digest }, bytes) {
      const hash = createHash('sha256')
      for await (const chunk of bytes) hash.update(chunk)
      if (hash.digest('hex') === hexOf(digest)) return
      throw new BallastError('DOWNLOAD_BROKEN', {
        message: `'${name}' in the export is not ${digest}`,
        hint: 'The file is damaged: export it again.',
      })
    },
  })
}

/** Writes an export as it comes and verifies it on the way: the file is there whole and right, or as it was. */
export async function saveExport(
  chunks: AsyncIterable<Uint8Array>,
  file: string,
  came: (bytes: number) => void,
): Promise<ExportFacts> {
  const part = join(dirname(file), `.${basename(file)}.${randomText(8)}.part`)
  const handle = await open(part, 'wx', 0o644)
  async function* written(): AsyncGenerator<Uint8Array> {
    for await (const chunk of chunks) {
      await handle.writeFile(chunk)
      came(chunk.byteLength)
      yield chunk
    }
  }
  try {
    const facts = await checkExport(written())
    await handle.sync()
    await handle.close()
    await rename(part, file)
    await syncFolder(dirname(file))
    return facts
  } catch (cause) {
    await handle.close()
    await unlink(part).catch(() => undefined)
    throw diskFull(cause, file) ?? cause
  }
}

/** A file's bytes as they are read; `came` hears of each piece. */
export async function* bytesOf(file: string, came: (bytes: number) => void): AsyncGenerator<Uint8Array> {
  for await (const chunk of createReadStream(file, { highWaterMark: 256 * 1024 })) {
    came((chunk as Buffer).byteLength)
    yield chunk as Buffer
  }
}
