/**
 * The thread of a lane: a model of its own, and one run after the other. Started by thread.ts; in the bundle it is an
 * entry by itself, `lane.js`.
 */
import { parentPort } from 'node:worker_threads'
import type { Tensors } from '../../../core/index.ts'
import { loadOnnx, loadRuntime, type ModelSession } from '../../../model/index.ts'
import { isStrings } from '../../protocols/oip/binary.ts'
import { type LaneMessage, type OpenMessage, type RunMessage, SLAB_BYTES, wireOf } from './messages.ts'
import { fillArea, openParcel, planParcel } from './parcel.ts'

// It may be started before anybody knows which model: what takes longest but for the model is loaded meanwhile.
const runtime = loadRuntime().catch(() => undefined)
const { promise: opened, resolve: open } = Promise.withResolvers<OpenMessage>()
let take: (message: never) => void = open
parentPort?.on('message', message => take(message as never))
const { modelPath, threads, slab } = await opened
await runtime
const inputHalf = new Uint8Array(slab, 0, SLAB_BYTES)
const outputHalf = new Uint8Array(slab, SLAB_BYTES, SLAB_BYTES)
/** The native library takes no shared memory. */
const own = new Uint8Array(SLAB_BYTES)

function tell(message: LaneMessage, handedOver: readonly ArrayBuffer[] = []): void {
  parentPort?.postMessage(message, handedOver)
}

async function serve(): Promise<void> {
  let session: ModelSession
  try {
    session = await loadOnnx(modelPath, { threads })
  } catch (error) {
    tell({ kind: 'failed', error: wireOf(error), buffer: undefined })
    return
  }
  take = (message: RunMessage | 'end') => {
    if (message === 'end') void session.close().finally(() => parentPort?.close())
    else void run(session, message)
  }
  tell({ kind: 'ready', signature: session.signature })
}

async function run(session: ModelSession, { parcel, buffer, outputs }: RunMessage): Promise<void> {
  const back = buffer === undefined ? [] : [buffer]
  try {
    if (buffer === undefined) own.set(inputHalf.subarray(0, parcel.bytes))
    const inputs = openParcel(parcel, buffer === undefined ? own : new Uint8Array(buffer))
    const started = performance.now()
    const found = await session.run(inputs, outputs)
    answer(found, performance.now() - started, buffer)
  } catch (error) {
    tell({ kind: 'failed', error: wireOf(error), buffer }, back)
  }
}

function answer(found: Tensors, inferMs: number, buffer: ArrayBuffer | undefined): void {
  const back = buffer === undefined ? [] : [buffer]
  const parcel = planParcel([found])
  if (parcel.bytes <= SLAB_BYTES) {
    fillArea(outputHalf, parcel, [found])
    tell({ kind: 'done', inferMs, buffer, outputs: { by: 'slab', parcel } }, back)
    return
  }
  const outputs = { by: 'message', tensors: found } as const
  tell({ kind: 'done', inferMs, buffer, outputs }, [...back, ...buffersOf(found)])
}

/** Each once: outputs may be views of one buffer. */
function buffersOf(tensors: Tensors): readonly ArrayBuffer[] {
  const buffers = new Set<ArrayBuffer>()
  for (const name in tensors) {
    const { data } = tensors[name]!
    if (!isStrings(data) && data.buffer instanceof ArrayBuffer) buffers.add(data.buffer)
  }
  return [...buffers]
}

await serve()
