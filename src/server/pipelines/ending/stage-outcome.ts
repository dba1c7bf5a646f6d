import {
  type Finish,
  optimizeRecordsSchema,
  type StageResult,
  stageResultSchema,
} from '../../../api/index.ts'
import { boundary } from '../../../core/index.ts'
import type { Job, JobState } from '../../../pipeline/index.ts'
import { RegistryError, type Version } from '../../../registry/index.ts'
import type { ControlPlane } from '../../control-plane.ts'
import { registerVersion } from './register.ts'
import { storeResult } from './results.ts'

/** What the end of an attempt makes of its job. */
export interface JobEnd {
  readonly to: JobState
  readonly reason?: string
  readonly result?: ReturnType<typeof storeResult>
  readonly forgiven?: boolean
}

/** What a stage's own result makes of its job; a version is registered on the way, which bears repeating. */
export async function stageOutcome(plane: ControlPlane, job: Job, finish: Finish): Promise<JobEnd> {
  const parsed = stageResultSchema.safeParse(finish.result)
  if (!parsed.success) {
    const to = finish.outcome === 'succeeded' ? 'errored' : finish.outcome
    return { to, reason: finish.reason ?? 'The stage ended without a result' }
  }
  const result: StageResult = parsed.data
  const lines = result.summary.join('; ').slice(0, 1000)
  const stored = storeResult({ kind: 'stage', result })
  if (result.verdict === 'failed') return { to: 'failed', reason: lines, result: stored }
  if (result.verdict === 'inconclusive') return { to: 'waiting', reason: lines, result: stored }
  if (finish.outcome !== 'succeeded')
    return { to: finish.outcome, reason: finish.reason ?? lines, result: stored }
  if (result.stage === 'optimize') {
    const { error } = optimizeRecordsSchema.safeParse(result.records)
    const [issue] = error?.issues ?? []
    if (issue)
      return { to: 'errored', reason: `Its records are none: ${issue.path.join('.')}: ${issue.message}` }
  }
  const version = await register(plane, job, result)
  if (typeof version === 'string') return { to: 'failed', reason: version }
  if (version) boundary('version-registered')
  return {
    to: 'succeeded',
    result: storeResult({
      kind: 'stage',
      result,
      ...(version && { version: { id: version.id, number: version.number } }),
    }),
  }
}

/** A text: why the registry does not take it, such as a model that belongs to another project. */
async function register(
  plane: ControlPlane,
  job: Job,
  result: StageResult,
): Promise<Version | string | undefined> {
  if (!result.manifest) return undefined
  try {
    return await registerVersion(plane, job, result)
  } catch (error) {
    if (error instanceof RegistryError) return [error.message, error.hint].filter(Boolean).join('; ')
    throw error
  }
}
