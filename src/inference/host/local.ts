import { mkdir } from 'node:fs/promises'
import type { ServingOptions } from '../../api/index.ts'
import type { Logger } from '../../core/index.ts'
import { defaultThreads } from './host.ts'
import type { Reported } from './keeper.ts'
import { Memory } from './memory.ts'
import { Places } from './places.ts'
import { StartPriority } from './priority.ts'
import { Residents } from './residents.ts'
import { Turns } from './turns.ts'

/** A replica of a model that lies on this machine. */
export interface LocalReplica {
  readonly replica: string
  readonly version: string
  readonly versionNumber: number
  readonly model: string
  /** `ModelConfig`. */
  readonly config: unknown
  /** The ONNX file; external data lies beside it. */
  readonly modelPath: string
  readonly bytes: number
  /** Asked before each start: throws where the file is no longer the one that was looked at. */
  readonly check: () => Promise<void>
  readonly serving?: ServingOptions
}

export interface LocalHostOptions {
  /** For sockets, logs and specifications; it must be this process's alone. */
  readonly folder: string
  /** What starts `ballast`. */
  readonly command: readonly string[]
  readonly threads?: number
  /** Of all replicas together; default none. */
  readonly memoryBytes?: number
  readonly drainGraceMs?: number
  readonly logger: Logger
  /** A replica's state is another. */
  readonly onChange: () => void
}

export interface LocalHost {
  readonly states: readonly Reported[]
  /** Starts the missing, ends the rest: those that are wanted no more after they answered what they have. */
  want(replicas: readonly LocalReplica[]): Promise<void>
  close(): Promise<void>
}

/** Keeps replicas without a control plane. They end with this process, however it ends. */
export async function openLocalHost(options: LocalHostOptions): Promise<LocalHost> {
  await mkdir(options.folder, { recursive: true, mode: 0o700 })
  let wanted = new Map<string, LocalReplica>()
  const residents = new Residents({
    places: new Places(options.folder),
    modelPath: async ({ replica }) => {
      const { modelPath, check } = wanted.get(replica)!
      await check()
      return modelPath
    },
    start: { command: options.command, tied: true, priority: await StartPriority.detect() },
    threads: options.threads ?? defaultThreads(),
    memory: new Memory(options.memoryBytes ?? Number.POSITIVE_INFINITY),
    turns: new Turns(),
    drainGraceMs: options.drainGraceMs ?? 0,
    logger: options.logger,
    onChange: options.onChange,
  })
  await residents.open()
  let applying = Promise.resolve()
  return {
    get states() {
      return residents.states
    },
    want(replicas) {
      applying = applying.then(() => {
        wanted = new Map(replicas.map(replica => [replica.replica, replica]))
        return residents.apply(
          replicas.map(({ modelPath: _, check: __, bytes, ...replica }) => ({
            ...replica,
            files: [{ name: 'model.onnx', digest: '', size: bytes }],
          })),
        )
      })
      return applying
    },
    async close() {
      await applying
      await residents.close(false)
    },
  }
}
