import { messageOf } from '../../core/index.ts'
import { loadRuntime, ModelError } from '../../model/index.ts'
import { endThreadAhead, startThreadAhead } from '../engine/lanes/index.ts'
import { InferenceError } from '../errors.ts'
import { runReplica } from './replica.ts'
import { readSpec } from './spec.ts'

/** Exit status of a replica that would fail the same way again: sysexits.h's EX_DATAERR. */
export const UNFIT_EXIT_STATUS = 65
/** Requests may take this long to finish after SIGTERM. */
const DRAIN_LIMIT_MS = 30_000

export interface ReplicaProcessOptions {
  /** Ends with the process that started it: when its standard input does. */
  readonly tied?: boolean
}

/**
 * A process that has all loaded but a model, and waits on its standard input to be told which: one line of JSON, as
 * `Told`. It ends with the host that started it, until it is told; then it is a replica like any other.
 */
export async function spareProcess(): Promise<void> {
  process.on('SIGHUP', () => {})
  process.title = 'ballast replica (spare)'
  startThreadAhead()
  // What is missing then is said when a model is loaded.
  await loadRuntime().catch(() => undefined)
  console.log('spare: waits for a model')
  const told = await toldOf(process.stdin)
  if (told === undefined) process.exit(0)
  await replicaProcess(told.spec, { tied: told.tied })
}

/** What a spare is told. */
export interface Told {
  readonly spec: string
  readonly tied: boolean
}

/** The first line; undefined where the input ends before it. */
async function toldOf(input: NodeJS.ReadStream): Promise<Told | undefined> {
  let text = ''
  // Not `for await`: leaving that would close the pipe, by whose end a tied replica knows of its host's.
  return new Promise(resolve => {
    const end = (): void => resolve(undefined)
    input.setEncoding('utf8')
    input.once('close', end)
    input.once('error', end)
    input.on('data', function take(chunk: string) {
      text += chunk
      const at = text.indexOf('\n')
      if (at < 0) return
      input.off('data', take)
      input.off('close', end)
      const { spec, tied } = JSON.parse(text.slice(0, at)) as Told
      resolve({ spec, tied })
    })
  })
}

/**
 * The life of a replica's process: serves until SIGTERM, answers what it has, and ends. It belongs to no
 * terminal and outlives its host, unless it is tied. What it writes goes to its log: the last lines are the host's reason.
 */
export async function replicaProcess(specPath: string, options: ReplicaProcessOptions = {}): Promise<void> {
  // Whoever closes a terminal does not mean the replica.
  process.on('SIGHUP', () => {})
  // Until it is ready there is nothing to answer.
  let end = (): void => process.exit(0)
  if (options.tied) endWithParent(() => end())
  try {
    const spec = await readSpec(specPath)
    process.title = `ballast replica ${spec.model} ${spec.versionNumber}`
    const replica = await runReplica(spec)
    void endThreadAhead()
    const { warmMs, batchRows } = replica.status
    console.log(
      `ready: ${spec.model} ${spec.versionNumber} after ${warmMs} ms, up to ${batchRows} rows a batch`,
    )
    end = () => {
      setTimeout(() => process.exit(1), DRAIN_LIMIT_MS).unref()
      void replica.drain().finally(() => process.exit(0))
    }
    process.once('SIGTERM', end)
    process.once('SIGINT', end)
    void replica.unloaded.then(end)
  } catch (error) {
    console.error(`error: ${messageOf(error)}`)
    // A pipe to the host, or a thread that waits, would keep it from ending by itself.
    process.exit(isUnfit(error) ? UNFIT_EXIT_STATUS : 1)
  }
}

/** The other end of the pipe is the parent's: it closes with it, however the parent ends. */
function endWithParent(end: () => void): void {
  process.stdin.once('close', end)
  process.stdin.once('error', end)
  process.stdin.resume()
}

function isUnfit(error: unknown): boolean {
  if (error instanceof ModelError) return true
  return (
    error instanceof InferenceError && (error.code === 'PARITY_MISMATCH' || error.code === 'SPEC_INVALID')
  )
}
