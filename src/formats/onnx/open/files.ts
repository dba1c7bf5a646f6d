import type { ByteSource } from '../../../core/index.ts'
import type { ModelInput } from '../../ports.ts'
import type { FilePart } from '../../types.ts'
import { checkLocation } from '../external.ts'
import { truncated } from '../limits.ts'
import type { OnnxExternalFile } from '../types.ts'

/** Files of external data that are kept open at once; one file is usual, some exporters write one for each tensor. */
const MAX_OPEN = 64

/** The external files of one model: held against what the model says when it is opened. */
export class ExternalFiles {
  readonly #input: ModelInput
  readonly #open = new Map<string, ByteSource>()
  readonly parts: FilePart[] = []

  constructor(input: ModelInput) {
    this.#input = input
  }

  /** Throws PATH_ESCAPES for links that lead out, FILE_UNREADABLE for missing files, ONNX_TRUNCATED for short ones. */
  async check(files: readonly OnnxExternalFile[]): Promise<void> {
    for (const { location, bytes } of files) {
      const source = await this.open(location)
      if (source.size < bytes)
        throw truncated(
          `The external data ${location} has ${source.size} bytes, and the model needs ${bytes}`,
        )
      this.parts.push({ path: this.#pathOf(location), size: source.size })
    }
  }

  async open(location: string): Promise<ByteSource> {
    const known = this.#open.get(location)
    if (known) return known
    checkLocation(location, '')
    const [oldest] = this.#open
    if (oldest && this.#open.size >= MAX_OPEN) {
      this.#open.delete(oldest[0])
      await oldest[1].close()
    }
    const source = await this.#input.tree.open(this.#pathOf(location))
    this.#open.set(location, source)
    return source
  }

  async close(): Promise<void> {
    const sources = [...this.#open.values()]
    this.#open.clear()
    for (const source of sources) await source.close()
  }

  /** Locations are relative to the model's own folder. */
  #pathOf(location: string): string {
    const folder = this.#input.path.lastIndexOf('/')
    return folder < 0 ? location : `${this.#input.path.slice(0, folder)}/${location}`
  }
}
