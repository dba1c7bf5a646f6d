import { constants } from 'node:fs'
import { lstat, open } from 'node:fs/promises'
import { join } from 'node:path'
import { type Offer, type StageResult, stageResultSchema } from '../../../api/index.ts'
import { formatSize, messageOf } from '../../../core/index.ts'
import { RunnerError } from '../../errors.ts'
import type { AttemptFolder } from '../folder.ts'

/** A stage tells figures, not data: slices of an evaluation are the largest part. */
const MAX_RESULT_BYTES = 16 * 1024 * 1024

/** The stage's result.json; undefined when there is none. Throws STAGE_RESULT_INVALID. */
export async function readResult(folder: AttemptFolder): Promise<StageResult | undefined> {
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

export function stageOf({ work }: Offer): string {
  return work.kind === 'stage' ? work.input.stage : work.kind
}

export function resultMissing(folder: AttemptFolder): RunnerError {
  return new RunnerError('STAGE_RESULT_INVALID', {
    message: `The ${stageOf(folder.offer)} stage ended with 0 and wrote no result`,
    hint: 'Check that the runner starts the same release of Ballast as the control plane.',
  })
}
