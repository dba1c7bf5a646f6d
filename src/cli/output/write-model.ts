import { type FileHandle, open, rename, unlink } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { diskFull, randomText, syncFolder } from '../../core/index.ts'
import { type ByteSink, type OnnxModel, type OnnxWritten, writeOnnx } from '../../formats/index.ts'

/** What the file of a large model's tensors is called, beside the model. */
export function externalName(path: string): string {
  return `${basename(path)}.data`
}

/**
 * Writes a model, and above 1 GB its tensors to `<name>.data` beside it. Under another name first, so that a crash
 * leaves no half a model. Throws DISK_FULL, and what `writeOnnx` and the model's own tensors throw.
 */
export async function writeModel(model: OnnxModel, path: string): Promise<OnnxWritten> {
  const folder = dirname(path)
  const [main, data] = [temporary(folder), temporary(folder)]
  try {
    const written = await writeOnnx(model, main.sink, {
      external: { location: externalName(path), sink: data.sink },
    })
    // The model last: until it has its name, what is there is as it was.
    if (await data.finish()) await rename(data.path, join(folder, externalName(path)))
    await main.finish()
    await rename(main.path, path)
    await syncFolder(folder)
    return written
  } catch (cause) {
    throw diskFull(cause, path) ?? cause
  } finally {
    await main.discard()
    await data.discard()
  }
}

interface Temporary {
  readonly path: string
  readonly sink: ByteSink
  /** Whether anything was written. */
  finish(): Promise<boolean>
  discard(): Promise<void>
}

function temporary(folder: string): Temporary {
  const path = join(folder, `.${randomText(12)}.tmp`)
  let handle: FileHandle | undefined
  let created = false
  const close = async () => {
    await handle?.close()
    handle = undefined
  }
  return {
    path,
    sink: {
      async write(bytes) {
        handle ??= await open(path, 'wx', 0o644)
        created = true
        await handle.writeFile(bytes)
      },
    },
    async finish() {
      await handle?.sync()
      await close()
      return created
    },
    async discard() {
      await close()
      if (created) await unlink(path).catch(() => undefined)
    },
  }
}
