import { createHash, timingSafeEqual } from 'node:crypto'
import type { AttemptId, PrincipalId, ProjectId } from '../../../core/index.ts'
import { hasEnded } from '../../../pipeline/index.ts'
import type { ControlPlane } from '../../control-plane.ts'

const PREFIX = 'blstj_'
const FORM = /^blstj_(att_[a-z0-9]{1,60})_([0-9a-f]{64})$/

/**
 * What a job's own commands may be told (`CI_JOB_TOKEN`): it reads the repository of its project while the attempt
 * lives, and nothing else. Not the attempt's token, which speaks for its log and its end and stays with the runner.
 */
export async function jobToken({ vault }: Pick<ControlPlane, 'vault'>, attempt: AttemptId): Promise<string> {
  return `${PREFIX}${attempt}_${await vault.fingerprint(`job token\0${attempt}`)}`
}

export function isJobToken(token: string): boolean {
  return token.startsWith(PREFIX)
}

/** Whose repository a job's token reads, and with whose name; undefined once its attempt has ended. */
export async function readerOf(
  plane: Pick<ControlPlane, 'vault' | 'stores'>,
  token: string,
): Promise<{ readonly project: ProjectId; readonly principal: PrincipalId } | undefined> {
  const { pipelines } = plane.stores
  const id = FORM.exec(token)?.[1] as AttemptId | undefined
  if (id === undefined || !same(token, await jobToken(plane, id))) return undefined
  const attempt = await pipelines.attempt(id)
  if (!attempt || hasEnded(attempt.state)) return undefined
  const job = await pipelines.job(attempt.job)
  const pipeline = job && (await pipelines.pipeline(job.pipeline))
  return pipeline && { project: pipeline.project, principal: pipeline.principal }
}

function same(a: string, b: string): boolean {
  const [x, y] = [a, b].map(text => createHash('sha256').update(text).digest()) as [Buffer, Buffer]
  return timingSafeEqual(x, y)
}
