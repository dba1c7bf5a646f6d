import { Engine } from '../engine/engine.ts'
import { InferenceError } from '../errors.ts'
import { type Handler, listenAt, type Place, type Reply, serveFrames } from '../frames/index.ts'
import { jsonReply, oip } from '../protocols/index.ts'
import { ReplicaHandler } from './handler.ts'
import { isKnown } from './ownership.ts'
import { park } from './parked.ts'
import type { ReplicaSpec } from './spec.ts'
import type { ReplicaStatus } from './status.ts'
import { openVerdict, type Verdict } from './verdict.ts'

/** A host listens within milliseconds; without one, there is nobody to wait for. */
const HANDOVER_LIMIT_MS = 2000

export interface RunningReplica {
  readonly status: ReplicaStatus
  /** When it was asked to sleep: whoever owns the process drains it and ends it. */
  readonly unloaded: Promise<void>
  /** Answers what was received, then lets go of the socket. */
  drain(): Promise<void>
}

/**
 * Loads a model, checks that it reproduces its reference outputs, warms it up, and only then listens: whoever can
 * connect meets a replica that is ready. Throws (before it listens) when the model can't be served.
 */
export async function runReplica(spec: ReplicaSpec): Promise<RunningReplica> {
  const verdict = await openVerdict(spec.modelPath)
  try {
    return await run(spec, verdict)
  } catch (failure) {
    // What wrong bytes do is no fault of the model's.
    await verdict.awaited()
    throw failure
  }
}

async function run(spec: ReplicaSpec, verdict: Verdict): Promise<RunningReplica> {
  const started = performance.now()
  const engine = await Engine.load(spec)
  let draining = false
  const status = (): ReplicaStatus => ({
    replica: spec.replica,
    version: spec.version,
    ...(spec.variant && { variant: spec.variant }),
    pid: process.pid,
    warmMs,
    waiting: engine.waiting,
    batchRows: engine.batchRows,
    draining,
    inFlight: frames.usage.inFlight,
    idleMs: Math.round(frames.usage.idleMs),
  })
  const handler = new ReplicaHandler(engine, spec, status)
  await handler.warmUp()
  const warmMs = Math.round(performance.now() - started)
  const { promise: unloaded, resolve: unload } = Promise.withResolvers<void>()
  const frames = serveFrames({
    request(frame, reply, call) {
      if (frame.operation !== 'unload') handler.request(frame, reply, call)
      else
        void sleep(spec, handler, () => place).then(answer => {
          reply(answer)
          if (answer.status === 200) unload()
        })
    },
  })
  if (spec.processPath !== undefined && !(await isKnown(spec.processPath))) throw unknown()
  await verdict.awaited()
  const place = await listenAt(frames.server, spec.socketPath, 'r')
  return {
    unloaded,
    get status() {
      return status()
    },
    async drain() {
      draining = true
      await frames.drain()
      await engine.close()
    },
  }
}

/**
 * What is asked to sleep says first, on disk, that it does: its host must not take its end for a fall. Then it waits
 * for the host to listen in its stead.
 */
async function sleep(
  { parkedPath, version, versionNumber }: ReplicaSpec,
  handler: Handler,
  place: () => Place,
): Promise<Reply> {
  try {
    if (parkedPath === undefined) {
      throw new InferenceError('REQUEST_INVALID', {
        message: 'This replica has no host that could wake it',
        hint: 'Replicas of `ballast host` and `ballast serve` can be unloaded.',
      })
    }
    await park(parkedPath, { version, versionNumber }, handler)
    await place().taken(HANDOVER_LIMIT_MS)
    return jsonReply('{}')
  } catch (error) {
    return oip.refuse(error)
  }
}

function unknown(): InferenceError {
  return new InferenceError('REPLICA_LOST', {
    message: 'The host that started this replica ended before it noted it',
    hint: 'The next host starts another one.',
  })
}
