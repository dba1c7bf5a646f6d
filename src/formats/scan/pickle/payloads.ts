import { type ByteSource, sourceOf } from '../../../core/index.ts'
import type { PicklePayload, PickleRun } from '../../pickle/index.ts'
import type { ScanSink } from '../types.ts'
import { decoded, recognise } from './hidden.ts'

/** The beginning of a byte string, which tells whether to look at the whole. */
const PEEK_BYTES = 512
/** Longer byte strings are arrays; what is hidden in text is shorter. */
const MAX_PAYLOAD_BYTES: number = 256 * 1024 * 1024
const MAX_TEXT_BYTES: number = 16 * 1024 * 1024
const WINDOW_BYTES: number = 64 * 1024
/** Byte strings of one pickle that are looked into: a vocabulary has some hundred thousand texts. */
const MAX_PAYLOADS = 2_000_000

/**
 * Looks into the byte strings and texts of a pickle for what hides in them: pickles, archives, bytecode, programs;
 * also as base64, hex or compressed. A pickle that merely holds another does nothing by itself, but nothing harmless
 * looks like that either.
 */
export async function scanPayloads(run: PickleRun, source: ByteSource, sink: ScanSink): Promise<void> {
  if (run.payloads.length > MAX_PAYLOADS) {
    const what = `${run.payloads.length} byte strings and texts; ${MAX_PAYLOADS} were looked into`
    sink.add({ rule: 'content/limit', level: 'unknown', what })
  }
  const window = new Window(source)
  for (const payload of run.payloads.slice(0, MAX_PAYLOADS)) await scanPayload(payload, window, sink)
}

async function scanPayload(payload: PicklePayload, window: Window, sink: ScanSink): Promise<void> {
  const most = payload.kind === 'text' ? MAX_TEXT_BYTES : MAX_PAYLOAD_BYTES
  const peek = await window.read(payload.offset, Math.min(payload.length, PEEK_BYTES))
  if (recognise(peek, payload.kind) === undefined) return
  const place = `${payload.kind === 'text' ? 'text' : 'bytes'} at ${payload.offset}`
  if (payload.length > most) {
    const what = `${payload.length} ${place} look like more than data, and were not looked into`
    sink.add({ rule: 'content/limit', level: 'unknown', what, at: { offset: payload.offset } })
    return
  }
  sink.spend(payload.length)
  const bytes = await payload.read()
  for (const { how, content } of decoded(bytes, payload.kind)) {
    const name = how === '' ? place : `${place}, ${how}`
    await sink.descend(sourceOf(content, `${sink.file}!${name}`), name, { speculative: true })
  }
}

/** Payloads stand one behind the other: their beginnings come by windows, not one by one. */
class Window {
  readonly #source: ByteSource
  #bytes: Uint8Array = new Uint8Array(0)
  #start = 0

  constructor(source: ByteSource) {
    this.#source = source
  }

  async read(offset: number, length: number): Promise<Uint8Array> {
    const within = offset >= this.#start && offset + length <= this.#start + this.#bytes.byteLength
    if (!within) {
      this.#bytes = await this.#source.read(offset, Math.min(WINDOW_BYTES, this.#source.size - offset))
      this.#start = offset
    }
    return this.#bytes.subarray(offset - this.#start, offset - this.#start + length)
  }
}
