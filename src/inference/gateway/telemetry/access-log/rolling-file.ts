import { type FileHandle, mkdir, open, rename } from 'node:fs/promises'
import { dirname } from 'node:path'
import { systemCode } from '../../../../core/index.ts'
import type { LineTarget } from './lines.ts'

export interface RollingOptions {
  /** A file that would grow past this becomes `.1`, and `.1` becomes `.2`. */
  readonly maxBytes: number
  /** Files that are kept beside the one that is written. */
  readonly kept: number
}

const LINE_FEED = 10

/** A file that is written by one process and never grows without bound. Lines stay whole. */
export class RollingFile implements LineTarget {
  readonly #path: string
  readonly #options: RollingOptions
  #handle: FileHandle | undefined
  #bytes = 0

  constructor(path: string, options: RollingOptions) {
    this.#path = path
    this.#options = options
  }

  async write(text: string): Promise<void> {
    const bytes = Buffer.from(text)
    try {
      this.#handle ??= await this.#open()
      if (this.#bytes > 0 && this.#bytes + bytes.length > this.#options.maxBytes) {
        await this.close()
        await this.#roll()
        this.#handle = await this.#open()
      }
      await this.#handle.appendFile(bytes)
      this.#bytes += bytes.length
    } catch (error) {
      // The next write begins with what is there then: the folder may be back, the disk have room.
      await this.close().catch(() => undefined)
      throw error
    }
  }

  async close(): Promise<void> {
    const handle = this.#handle
    this.#handle = undefined
    await handle?.close()
  }

  async #open(): Promise<FileHandle> {
    await mkdir(dirname(this.#path), { recursive: true, mode: 0o700 })
    const handle = await open(this.#path, 'a+', 0o600)
    try {
      const { size } = await handle.stat()
      this.#bytes = size
      if (size > 0 && !(await endsWithLine(handle, size))) await handle.appendFile('\n')
      return handle
    } catch (error) {
      await handle.close()
      throw error
    }
  }

  async #roll(): Promise<void> {
    const { kept } = this.#options
    for (let age = kept - 1; age >= 1; age--) await move(`${this.#path}.${age}`, `${this.#path}.${age + 1}`)
    await move(this.#path, `${this.#path}.1`)
  }
}

/** A process that was killed may have left half a line. */
async function endsWithLine(handle: FileHandle, size: number): Promise<boolean> {
  const { buffer, bytesRead } = await handle.read(Buffer.alloc(1), 0, 1, size - 1)
  return bytesRead === 0 || buffer[0] === LINE_FEED
}

async function move(from: string, to: string): Promise<void> {
  await rename(from, to).catch((error: unknown) => {
    if (systemCode(error) !== 'ENOENT') throw error
  })
}
