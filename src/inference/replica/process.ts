import { messageOf } from '../../core/index.ts'
import { ModelError } from '../../model/index.ts'
import { InferenceError } from '../errors.ts'
import { runReplica } from './replica.ts'
import { readSpec } from './spec.ts'

/** Exit status of a replica that would fail the same way again: sysexits.h's EX_DATAERR. */
export const UNFIT_EXIT_STATUS = 65
/** Requests may take this long to finish after SIGTERM. */
const DRAIN_LIMIT_MS = 30_000

/**
 * The life of a replica's process: serves until SIGTERM, answers what it has, and ends. It belongs to no
 * terminal and outlives its host. What it writes goes to its log: the last lines are the host's reason.
 */
export async function replicaProcess(specPath: string): Promise<void> {
  // Whoever closes a terminal does not mean the replica.
  process.on('SIGHUP', () => {})
  try {
    const spec = await readSpec(specPath)
    process.title = `ballast replica ${spec.model} ${spec.versionNumber}`
    const replica = await runReplica(spec)
    const { warmMs, batchRows } = replica.status
    console.log(
      `ready: ${spec.model} ${spec.versionNumber} after ${warmMs} ms, up to ${batchRows} rows a batch`,
    )
    const end = (): void => {
      setTimeout(() => process.exit(1), DRAIN_LIMIT_MS).unref()
      void replica.drain().finally(() => process.exit(0))
    }
    process.once('SIGTERM', end)
    process.once('SIGINT', end)
  } catch (error) {
    console.error(`error: ${messageOf(error)}`)
    process.exitCode = isUnfit(error) ? UNFIT_EXIT_STATUS : 1
  }
}

function isUnfit(error: unknown): boolean {
  if (error instanceof ModelError) return true
  return (
    error instanceof InferenceError && (error.code === 'PARITY_MISMATCH' || error.code === 'SPEC_INVALID')
  )
}
