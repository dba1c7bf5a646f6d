import { resolveInside } from '../../../core/index.ts'
import { isAboutAttempt } from '../../cache/failures.ts'
import { untilReached } from '../../control/backoff.ts'
import type { AttemptRoutes } from '../../control/control-plane.ts'
import { RunnerError } from '../../errors.ts'
import { findArtifacts } from '../../workspace/artifacts/artifacts.ts'
import { hashFile } from '../../workspace/hash-file.ts'
import type { AttemptFolder, Conclusion } from '../folder.ts'
import { type RunnerCaches, saveJobCaches } from '../preparing/job-caches.ts'
import { keepFiles } from './keep-files.ts'
import { putFiles } from './put-files.ts'
import { readResult, resultMissing, stageOf } from './stage-result.ts'
import { type Ended, errored, exitReason, type Verdict, verdictOf } from './verdict.ts'

export interface Concluding {
  readonly folder: AttemptFolder
  readonly routes: AttemptRoutes
  readonly signal: AbortSignal
  readonly caches: RunnerCaches
  /** Where the job saw its workspace. */
  readonly seenAt: string
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
  const { folder, caches, seenAt } = concluding
  const { outcome } = verdict
  if (outcome !== 'succeeded' && outcome !== 'failed') return { ...verdict, artifacts: [] }
  await saveJobCaches(folder, caches, { outcome, seenAt })
  const keeping = keepFiles(concluding, outcome)
  if (outcome === 'succeeded') return { ...verdict, ...(await keeping) }
  try {
    return { ...verdict, ...(await keeping) }
  } catch (error) {
    // It has failed already, and for that reason.
    if (
      !(error instanceof RunnerError) ||
      isAboutAttempt(error) ||
      error.code === 'CONTROL_PLANE_UNREACHABLE'
    )
      throw error
    await folder.say(error.message)
    return { ...verdict, artifacts: [] }
  }
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
  const { routes, signal } = concluding
  const { workspace } = folder.places
  // What a stage hands on is there only when it came so far: its verdict says that already.
  const found = await findArtifacts(workspace, folder.offer.artifacts, { mayMiss: true })
  const artifacts = await putFiles(workspace, found, routes, signal)
  return { outcome: 'succeeded', exitCode, artifacts, result }
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
