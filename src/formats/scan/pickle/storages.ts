import { sourceOf } from '../../../core/index.ts'
import type { PickleCall, PickleNode, PicklePayload, PickleRun } from '../../pickle/index.ts'
import type { ScanSink } from '../types.ts'
import { effective } from './calls.ts'
import { nameOf } from './shapes.ts'

/**
 * Contents that the pickle has loaded as files of PyTorch: the bytes that `torch.storage._load_from_bytes` gets. They
 * are scanned whole, whatever their beginning looks like.
 */
export async function scanStorages(run: PickleRun, sink: ScanSink): Promise<void> {
  for (const call of run.calls) {
    const made = effective(call)
    if (nameOf(made.callee) !== 'torch.storage:_load_from_bytes' || made.args.kind !== 'tuple') continue
    await scanStorage(call, made.args.items[0], run, sink)
  }
}

async function scanStorage(
  call: PickleCall,
  node: PickleNode | undefined,
  run: PickleRun,
  sink: ScanSink,
): Promise<void> {
  const content = node && (await contentOf(node, run))
  const at = { offset: call.offset }
  if (!content) {
    const what = 'torch loads a file out of bytes that the pickle computes'
    sink.add({ rule: 'pickle/unexpected-call', level: 'unknown', what, at })
    return
  }
  sink.spend(content.byteLength)
  const name = `storage at ${call.offset}`
  const formats = await sink.descend(sourceOf(content, `${sink.file}!${name}`), name, { speculative: false })
  if (formats.length > 0) return
  const what = 'torch loads a file out of bytes that are of no known format'
  sink.add({ rule: 'content/unrecognised', level: 'unknown', what, at })
}

/** Bytes as they stand, or as protocols 0 to 2 write them: `_codecs.encode('…', 'latin1')`. */
async function contentOf(node: PickleNode, run: PickleRun): Promise<Uint8Array | undefined> {
  if (node.kind === 'bytes') return node.read()
  if (node.kind !== 'call' || node.args.kind !== 'tuple') return undefined
  const [text, encoding] = node.args.items
  if (nameOf(node.callee) === 'builtins:bytearray' && node.args.items.length === 1 && text)
    return contentOf(text, run)
  const latin = encoding?.kind === 'text' && /^latin-?1$/.test(encoding.value)
  if (nameOf(node.callee) !== '_codecs:encode' || text?.kind !== 'text' || !latin) return undefined
  if (!text.whole) return Buffer.from(text.value, 'latin1')
  const payload = payloadAt(run, text.whole.offset)
  return payload && Buffer.from(Buffer.from(await payload.read()).toString('utf8'), 'latin1')
}

function payloadAt({ payloads }: PickleRun, offset: number): PicklePayload | undefined {
  return payloads.find(payload => payload.offset === offset)
}
