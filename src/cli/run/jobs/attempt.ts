import { rmSync } from 'node:fs'
import { join } from 'node:path'
import type { JobRecord } from '../engine/record.ts'
import { sourcesOf } from './keeping/handover.ts'
import { layKept } from './keeping/store.ts'
import { JobLog } from './log.ts'
import type { Place } from './places/places.ts'
import type { PipelineScope } from './world.ts'

/** One try of one job. */
export interface Attempt {
  readonly scope: PipelineScope
  readonly job: JobRecord
  readonly signal: AbortSignal
  /** Of its place, from 0: no other job that runs has it. */
  readonly slot: number
  /** Its process has begun. */
  readonly started: (pid: number) => void
}

/** A workspace with the tree and the kept files of the jobs before. */
export async function prepareWorkspace({ scope, job }: Attempt, source = true): Promise<Place> {
  const { places } = scope.world
  const place = source ? await places.take() : places.empty()
  const sources = scope.kept.size > 0 ? sourcesOf(job.plan, scope.plan) : []
  for (const source of sources) {
    const kept = scope.kept.get(source)
    if (kept && kept.length > 0)
      await layKept(kept, await scope.world.shelves(), join(place.path, 'workspace'))
  }
  return place
}

export function openLog({ scope, job }: Attempt, place: string): JobLog {
  const { folders, tell, mask: maskFor } = scope.world
  const path = join(folders.logs, `${fileName(job.path)}.log`)
  const mask = maskFor()
  // Of an earlier run, where the user named the folder.
  if (job.tries === 1 && folders.given) rmSync(path, { force: true })
  job.log = path
  const line = (line: string): void => tell({ kind: 'job-output', job: job.path, line })
  return new JobLog({ path, raw: mask ? join(place, 'raw.log') : path, line, mask })
}

const MAX_FILE_NAME = 180

/** A job's name as a file's: whatever a file system or a shell stumbles over is a `-`. */
export function fileName(path: string): string {
  const plain = path.replace(/[^\p{L}\p{N}._+=@-]+/gu, '-').replace(/^[.-]+/, '')
  return plain.slice(0, MAX_FILE_NAME) || 'job'
}
