import { join } from 'node:path'
import { type Digest, resolveInside } from '../../core/index.ts'
import { untilReached } from '../control/backoff.ts'
import type { AttemptRoutes } from '../control/control-plane.ts'
import { RunnerError } from '../errors.ts'
import { findArtifacts } from '../workspace/artifacts.ts'
import { hashFile } from '../workspace/hash-file.ts'
import type { AttemptFolder, Conclusion } from './folder.ts'
import { readResult, resultMissing, stageOf } from './stage-result.ts'
import { type Ended, errored, exitReason, type Verdict, verdictOf } from './verdict.ts'

const UPLOADS_AT_ONCE = 4

export interface Concluding {
  readonly folder: AttemptFolder
  readonly routes: AttemptRoutes
  readonly signal: AbortSignal
}

/** What an attempt came to, all its processes being dead: its files are put before it is said to have succeeded. */
export async function conclude(
  concluding: Concluding,
  ended: Pick<Ended, 'exitCode' | 'stop' | 'timedOut'>,
): Promise<Conclusion> {
  const { folder } = concluding
  const verdict = await verdictOf({ ...ended, offer: folder.offer, out: folder.places.out })
  const { exitCode } = verdict
  try {
    if (folder.offer.work.kind === 'stage') return await concludeStage(concluding, verdict)
    return await concludeScript(concluding, verdict)
  } catch (error) {
    if (!(error instanceof RunnerError))
      return { ...errored(error, 'runner'), ...(exitCode !== undefined && { exitCode }) }
    if (error.code === 'LEASE_LOST' || error.code === 'CONTROL_PLANE_UNREACHABLE') throw error
    const refused = error.code === 'CONTROL_PLANE_REFUSED'
    await folder.say(error.hint ? `${error.message}. ${error.hint}` : error.message)
    return {
      ...errored(error, refused ? 'runner' : 'other'),
      outcome: refused ? 'errored' : 'failed',
      ...(exitCode !== undefined && { exitCode }),
    }
  }
}

async function concludeScript(concluding: Concluding, verdict: Verdict): Promise<Conclusion> {
  if (verdict.outcome !== 'succeeded') return { ...verdict, artifacts: [] }
  return { ...verdict, artifacts: await putArtifacts(concluding) }
}

async function concludeStage(concluding: Concluding, verdict: Verdict): Promise<Conclusion> {
  const { folder } = concluding
  const { exitCode } = verdict
  // It was stopped, or never ran.
  if (exitCode === undefined || verdict.outcome === 'errored') return { ...verdict, artifacts: [] }
  const result = await readResult(folder)
  if (exitCode !== 0) {
    // By a signal: a native library aborted, or memory ended. Anything else the stage said itself in the log.
    const outcome = exitCode > 128 ? 'errored' : 'failed'
    const reason = `The ${stageOf(folder.offer)} stage: ${exitReason(exitCode)}`
    const cause = outcome === 'errored' ? 'runner' : 'script'
    return { outcome, exitCode, reason, cause, artifacts: [], ...(result && { result }) }
  }
  if (!result) throw resultMissing(folder)
  for (const file of result.manifest?.files ?? []) await putManifestFile(concluding, file)
  // What a stage hands on is there only when it came so far: its verdict says that already.
  return { outcome: 'succeeded', exitCode, artifacts: await putArtifacts(concluding, true), result }
}

async function putManifestFile(
  { folder, routes, signal }: Concluding,
  file: { readonly name: string; readonly digest: string; readonly size: number },
): Promise<void> {
  const path = await resolveInside(folder.places.workspace, file.name)
  const { digest, size } = await hashFile(path)
  if (digest !== file.digest || size !== file.size) {
    throw new RunnerError('BLOB_DIGEST_MISMATCH', {
      message: `Expected ${file.name} to be ${file.digest} (${file.size} bytes), found ${digest} (${size} bytes)`,
      hint: 'The file changed after the stage had read it.',
      details: { expected: file.digest, actual: digest },
    })
  }
  await untilReached(signal, () => routes.putBlob(digest, size, path, signal))
}

async function putArtifacts(
  { folder, routes, signal }: Concluding,
  mayMiss = false,
): Promise<Conclusion['artifacts']> {
  const { workspace } = folder.places
  if (folder.offer.artifacts.length === 0) return []
  const found = await findArtifacts(workspace, folder.offer.artifacts, { mayMiss })
  const kept = new Array<Conclusion['artifacts'][number]>(found.length)
  const put = new Map<Digest, Promise<void>>()
  let next = 0
  const worker = async (): Promise<void> => {
    while (next < found.length) {
      const index = next++
      const { path, executable } = found[index]!
      const file = join(workspace, path)
      const { digest, size } = await hashFile(file)
      let putting = put.get(digest)
      if (!putting) {
        putting = untilReached(signal, () => routes.putBlob(digest, size, file, signal))
        put.set(digest, putting)
      }
      await putting
      kept[index] = { path, digest, size, executable }
    }
  }
  await Promise.all(Array.from({ length: Math.min(UPLOADS_AT_ONCE, found.length) }, worker))
  return kept
}
