import { once } from 'node:events'
import { chmod, unlink } from 'node:fs/promises'
import { Engine } from '../engine/engine.ts'
import { serveFrames } from '../frames/index.ts'
import { ReplicaHandler } from './handler.ts'
import type { ReplicaSpec } from './spec.ts'
import type { ReplicaStatus } from './status.ts'

export interface RunningReplica {
  readonly status: ReplicaStatus
  /** Answers what was received, then lets go of the socket. */
  drain(): Promise<void>
}

/**
 * Loads a model, checks that it reproduces its reference outputs, warms it up, and only then listens: whoever can
 * connect meets a replica that is ready. Throws (before it listens) when the model can't be served.
 */
export async function runReplica(spec: ReplicaSpec): Promise<RunningReplica> {
  const started = performance.now()
  const engine = await Engine.load(spec)
  let draining = false
  const status = (): ReplicaStatus => ({
    replica: spec.replica,
    version: spec.version,
    pid: process.pid,
    warmMs,
    waiting: engine.waiting,
    batchRows: engine.batchRows,
    draining,
  })
  const handler = new ReplicaHandler(engine, spec, status)
  await handler.warmUp()
  const warmMs = Math.round(performance.now() - started)
  const frames = serveFrames(handler)
  // A replica that was killed leaves its socket's name behind.
  await unlink(spec.socketPath).catch(() => undefined)
  frames.server.listen(spec.socketPath)
  await once(frames.server, 'listening')
  await chmod(spec.socketPath, 0o600)
  return {
    get status() {
      return status()
    },
    async drain() {
      draining = true
      await frames.drain()
      await engine.session.close()
    },
  }
}
