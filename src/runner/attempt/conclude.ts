import { constants } from 'node:fs'
import { lstat, open } from 'node:fs/promises'
import { join } from 'node:path'
import { type Offer, type StageResult, stageResultSchema } from '../../api/index.ts'
import { type Digest, formatDuration, formatSize, messageOf, resolveInside } from '../../core/index.ts'
import { untilReached } from '../control/backoff.ts'
import type { AttemptRoutes } from '../control/control-plane.ts'
import { RunnerError } from '../errors.ts'
import { MAX_LOG_BYTES } from '../log/stream.ts'
import { findArtifacts, hashFile } from '../workspace/artifacts.ts'
import type { AttemptFolder, Conclusion, StopReason } from './folder.ts'

/** A stage tells figures, not data: slices of an evaluation are the largest part. */
const MAX_RESULT_BYTES = 16 * 1024 * 1024
const MAX_REASON = 1900
const UPLOADS_AT_ONCE = 4

/** The end of an attempt that was stopped, or that could not be tried. */
export function stoppedAs(reason: StopReason, offer: Offer): Conclusion {
  switch (reason) {
    case 'canceled':
      return { outcome: 'canceled', reason: 'It was canceled', artifacts: [] }
    case 'runner stopped':
      return { outcome: 'canceled', reason: 'Its runner was stopped', artifacts: [] }
    case 'timed out':
      return {
        outcome: 'failed',
        reason: `It ran longer than its limit of ${formatDuration(offer.timeoutMs)}`,
        artifacts: [],
      }
    case 'log too long':
      return {
        outcome: 'failed',
        reason: `It wrote much more than the ${formatSize(MAX_LOG_BYTES)} that a log may hold`,
        artifacts: [],
      }
  }
}

export function errored(error: unknown): Conclusion {
  return { outcome: 'errored', reason: messageOf(error).slice(0, MAX_REASON), artifacts: [] }
}

export interface Concluding {
  readonly folder: AttemptFolder
  readonly routes: AttemptRoutes
  readonly signal: AbortSignal
}

/** What an attempt came to, all its processes being dead: its files are put before it is said to have succeeded. */
export async function conclude(concluding: Concluding, exitCode: number | undefined): Promise<Conclusion> {
  const { folder } = concluding
  if (exitCode === undefined) {
    return errored(
      new Error(
        'Its process ended without an exit status: it was killed from outside, or the machine restarted',
      ),
    )
  }
  if (!(await exists(join(folder.places.out, 'begun')))) {
    return {
      ...errored(new Error(`The sandbox could not be started (exit code ${exitCode}); the log says why`)),
      exitCode,
    }
  }
  try {
    if (folder.offer.work.kind === 'stage') return await concludeStage(concluding, exitCode)
    if (exitCode !== 0) return { outcome: 'failed', exitCode, reason: exitReason(exitCode), artifacts: [] }
    return { outcome: 'succeeded', exitCode, artifacts: await putArtifacts(concluding) }
  } catch (error) {
    if (!(error instanceof RunnerError)) return { ...errored(error), exitCode }
    if (error.code === 'LEASE_LOST' || error.code === 'CONTROL_PLANE_UNREACHABLE') throw error
    const outcome = error.code === 'CONTROL_PLANE_REFUSED' ? 'errored' : 'failed'
    await folder.say(error.hint ? `${error.message}. ${error.hint}` : error.message)
    return { ...errored(error), outcome, exitCode }
  }
}

async function concludeStage(concluding: Concluding, exitCode: number): Promise<Conclusion> {
  const { folder } = concluding
  const result = await readResult(folder)
  if (exitCode !== 0) {
    // By a signal: a native library aborted, or memory ended. Anything else the stage said itself in the log.
    const outcome = exitCode > 128 ? 'errored' : 'failed'
    const reason = `The ${stageOf(folder.offer)} stage: ${exitReason(exitCode)}`
    return { outcome, exitCode, reason, artifacts: [], ...(result && { result }) }
  }
  if (!result) {
    throw new RunnerError('STAGE_RESULT_INVALID', {
      message: `The ${stageOf(folder.offer)} stage ended with 0 and wrote no result`,
      hint: 'Check that the runner starts the same release of Ballast as the control plane.',
    })
  }
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

/** The stage's result.json; undefined when there is none. Throws STAGE_RESULT_INVALID. */
async function readResult(folder: AttemptFolder): Promise<StageResult | undefined> {
  const path = join(folder.places.out, 'result.json')
  const stat = await lstat(path).catch(() => undefined)
  if (!stat) return undefined
  if (!stat.isFile() || stat.size > MAX_RESULT_BYTES) {
    throw noResult(
      folder,
      `result.json is ${stat.isFile() ? formatSize(stat.size) : 'not a file'}; ${formatSize(MAX_RESULT_BYTES)} at most`,
    )
  }
  const handle = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW)
  try {
    const parsed = stageResultSchema.safeParse(JSON.parse(await handle.readFile('utf8')))
    if (parsed.success) return parsed.data
    throw noResult(folder, `${parsed.error.issues[0]?.path.join('.')}: ${parsed.error.issues[0]?.message}`)
  } catch (error) {
    throw error instanceof RunnerError ? error : noResult(folder, messageOf(error))
  } finally {
    await handle.close()
  }
}

function noResult(folder: AttemptFolder, why: string): RunnerError {
  return new RunnerError('STAGE_RESULT_INVALID', {
    message: `What the ${stageOf(folder.offer)} stage wrote is not a result: ${why}`,
    hint: 'Check that the runner starts the same release of Ballast as the control plane.',
  })
}

function stageOf({ work }: Offer): string {
  return work.kind === 'stage' ? work.input.stage : work.kind
}

/** `exit code 3`, or the signal that a shell's status above 128 stands for. */
export function exitReason(code: number): string {
  const signals: Readonly<Record<number, string>> = {
    132: 'an illegal instruction',
    134: 'SIGABRT: the program gave up',
    136: 'an arithmetic error',
    137: 'SIGKILL: perhaps the machine was short of memory',
    139: 'SIGSEGV: an invalid memory access',
    143: 'SIGTERM',
  }
  const signal = signals[code]
  return signal ? `ended by ${signal} (exit code ${code})` : `exit code ${code}`
}

async function exists(path: string): Promise<boolean> {
  return lstat(path).then(
    () => true,
    () => false,
  )
}
