import { type ByteSource, sourceOf } from '../../../core/index.ts'
import type { PicklePayload, PickleRun } from '../../pickle/index.ts'
import type { ScanSink } from '../types.ts'
import { decoded, recognise } from './hidden.ts'
import { PayloadWindow } from './window.ts'

/** The beginning of a byte string, which tells whether to look at the whole. */
const PEEK_BYTES = 512
/** Longer byte strings are arrays; what is hidden in text is shorter. */
const MAX_PAYLOAD_BYTES: number = 256 * 1024 * 1024
const MAX_TEXT_BYTES: number = 16 * 1024 * 1024
/** Byte strings of one pickle that are looked into: a vocabulary has some hundred thousand texts. */
const MAX_PAYLOADS = 2_000_000
/** Each takes some 100 µs: more than a model could have by accident. */
const MAX_OPENED = 100_000

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
  const window = new PayloadWindow(source)
  let opened = 0
  for (const payload of run.payloads.slice(0, MAX_PAYLOADS)) {
    if (await scanPayload(payload, window, sink)) opened++
    if (opened <= MAX_OPENED) continue
    const what = `more than ${MAX_OPENED} byte strings and texts look like more than data; the rest was not looked into`
    sink.add({ rule: 'content/limit', level: 'unknown', what, at: { offset: payload.offset } })
    return
  }
}

/** Whether it was looked into. */
async function scanPayload(payload: PicklePayload, window: PayloadWindow, sink: ScanSink): Promise<boolean> {
  const most = payload.kind === 'text' ? MAX_TEXT_BYTES : MAX_PAYLOAD_BYTES
  const peek = await window.read(payload.offset, Math.min(payload.length, PEEK_BYTES))
  if (recognise(peek, payload.kind) === undefined) return false
  const place = `${payload.kind === 'text' ? 'text' : 'bytes'} at ${payload.offset}`
  if (payload.length > most) {
    const what = `${payload.length} ${place} look like more than data, and were not looked into`
    sink.add({ rule: 'content/limit', level: 'unknown', what, at: { offset: payload.offset } })
    return false
  }
  sink.spend(payload.length)
  const bytes = await payload.read()
  for (const { how, content } of decoded(bytes, payload.kind)) {
    const name = how === '' ? place : `${place}, ${how}`
    await sink.descend(sourceOf(content, `${sink.file}!${name}`), name, { speculative: true })
  }
  return true
}

/** The same for a text that was found within something: base64 in base64. */
export async function scanHidden(source: ByteSource, sink: ScanSink): Promise<void> {
  const head = await source.read(0, Math.min(source.size, PEEK_BYTES))
  if (recognise(head, 'text') === undefined || source.size > MAX_TEXT_BYTES) return
  sink.spend(source.size)
  // As it stands it is being scanned already.
  for (const { how, content } of decoded(await source.read(0, source.size), 'text'))
    if (how !== '') await sink.descend(sourceOf(content, `${sink.file}!${how}`), how, { speculative: true })
}
