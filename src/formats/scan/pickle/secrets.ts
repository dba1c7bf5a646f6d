import type { ByteSource } from '../../../core/index.ts'
import type { PickleRun } from '../../pickle/index.ts'
import { findSecrets } from '../text/secrets.ts'
import type { ScanSink } from '../types.ts'
import { PayloadWindow } from './window.ts'

/** Longer texts are documents: a private key has some 3,000 characters. */
const MAX_TEXT_BYTES = 16 * 1024
/** Texts are searched together, as one by one takes ten times as long. */
const BATCH_BYTES: number = 1024 * 1024

/** Searches the texts of a pickle for secrets: parameters and configurations that were pickled with a model. */
export async function searchTexts(
  run: PickleRun,
  source: ByteSource,
  sink: Pick<ScanSink, 'add'>,
): Promise<void> {
  const window = new PayloadWindow(source)
  let batch = new Batch(sink)
  for (const { kind, offset, length } of run.payloads) {
    if (kind !== 'text' || length > MAX_TEXT_BYTES) continue
    batch.add(await window.read(offset, length), offset)
    if (batch.size < BATCH_BYTES) continue
    batch.search()
    batch = new Batch(sink)
  }
  batch.search()
}

/** Texts one behind the other, each on a line of its own. */
class Batch {
  readonly #sink: Pick<ScanSink, 'add'>
  readonly #texts: string[] = []
  readonly #starts: number[] = []
  readonly #offsets: number[] = []
  size = 0

  constructor(sink: Pick<ScanSink, 'add'>) {
    this.#sink = sink
  }

  add(bytes: Uint8Array, offset: number): void {
    const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1')
    this.#starts.push(this.size)
    this.#offsets.push(offset)
    this.#texts.push(text)
    this.size += text.length + 1
  }

  search(): void {
    for (const { rule, what, index } of findSecrets(this.#texts.join('\n'))) {
      const which = this.#starts.findLastIndex(start => start <= index)
      const offset = this.#offsets[which]! + index - this.#starts[which]!
      this.#sink.add({ rule, level: 'unknown', what: `${what} stands in the pickle`, at: { offset } })
    }
  }
}
