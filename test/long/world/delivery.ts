import { expect } from 'vitest'
import { z } from 'zod'
import {
  type JobView,
  modelViewSchema,
  type PipelineView,
  pipelineSummarySchema,
  pipelineViewSchema,
  rolloutViewSchema,
  versionViewSchema,
} from '../../../src/api/index.ts'
import type { Installation } from './installation.ts'
import { LINES, type Repository } from './repository.ts'
import { until } from './until.ts'

const AGAIN_DEADLINE_MS = 60_000
const PIPELINE_DEADLINE_MS = 180_000
/** A client that tries again this often after cut connections would have given up. */
const MAX_PUSHES = 10

/** Pushes until the server's ref is at the commit; a connection that was cut may have brought it there. */
export async function pushThrough(
  installation: Installation,
  repository: Repository,
  commit: string,
): Promise<number> {
  for (let pushes = 1; pushes <= MAX_PUSHES; pushes++) {
    await repository.push()
    await installation.pids(AGAIN_DEADLINE_MS)
    const head = await until(
      'the refs',
      async () => ({ commit: await repository.remoteHead() }),
      AGAIN_DEADLINE_MS,
    )
    if (head.commit === commit) return pushes
  }
  throw new Error(`${MAX_PUSHES} pushes did not bring ${commit} to the server`)
}

/** The end of the one pipeline of a commit. */
export async function pipelineEnd({ api }: Installation, commit: string): Promise<PipelineView> {
  return until(
    `the end of the pipeline of ${commit.slice(0, 8)}`,
    async () => {
      const all = await api.get('/projects/digits/pipelines?limit=25', z.array(pipelineSummarySchema))
      const own = all.find(pipeline => pipeline.commit === commit)
      return own && own.state !== 'running' ? api.get(`/pipelines/${own.id}`, pipelineViewSchema) : undefined
    },
    PIPELINE_DEADLINE_MS,
  )
}

export interface Allowed {
  /** Attempts that may have been lost with a server that died before a runner heard of them. */
  readonly lostAttempts: number
  /** What the job that talks was to say; default: `LINES`. */
  readonly lines?: number
}

/**
 * The right state after the delivery of version `number`: for each delivery so far one pipeline, with one succeeded
 * attempt for each job and whole logs, one version, and one rollout, promoted.
 */
export async function expectDelivered(
  installation: Installation,
  commit: string,
  number: number,
  allowed: Allowed,
): Promise<void> {
  const { api } = installation
  const all = await api.get('/projects/digits/pipelines?limit=25', z.array(pipelineSummarySchema))
  expect(all.map(pipeline => pipeline.number).toSorted()).toEqual(upTo(number))
  expect(all.filter(pipeline => pipeline.commit === commit)).toHaveLength(1)
  for (const { id } of all)
    await expectRanWell(installation, await api.get(`/pipelines/${id}`, pipelineViewSchema), allowed)

  const versions = await api.get('/models/digits/versions', z.array(versionViewSchema))
  expect(versions.map(version => version.number).toSorted()).toEqual(upTo(number))
  const rollouts = await api.get('/models/digits/rollouts', z.array(rolloutViewSchema))
  expect(rollouts.map(({ candidate, phase }) => `v${candidate.number} ${phase}`).toSorted()).toEqual(
    upTo(number).map(n => `v${n} promoted`),
  )
  const { stable, rollout } = await api.get('/models/digits', modelViewSchema)
  expect({ stable: stable?.number, rollout }).toEqual({ stable: number, rollout: null })
}

async function expectRanWell(
  installation: Installation,
  pipeline: PipelineView,
  allowed: Allowed,
): Promise<void> {
  expect(summaryOf(pipeline)).toEqual({
    state: 'succeeded',
    jobs: pipeline.jobs.map(({ name }) => `${name}: succeeded`),
  })
  for (const job of pipeline.jobs) if (job.kind !== 'deploy') expectAttempts(job, allowed)
  await expectWholeLog(installation, pipeline, allowed.lines)
}

function expectAttempts({ name, attempts }: JobView, { lostAttempts }: Allowed): void {
  const states = attempts.map(({ state }) => state)
  const lost = states.filter(state => state === 'lost').length
  expect({ name, states }).toEqual({ name, states: [...Array<string>(lost).fill('lost'), 'succeeded'] })
  // An attempt that ran is never lost: its process lives on and is adopted.
  const ran = attempts.filter(({ state, startedAt }) => state === 'lost' && startedAt !== null)
  expect(ran, `attempts of ${name} that ran and were lost`).toEqual([])
  expect(lost, `lost attempts of ${name}`).toBeLessThanOrEqual(lostAttempts)
}

/** Every line that the job printed, once and in order. */
async function expectWholeLog(
  { api }: Installation,
  { jobs }: PipelineView,
  expected = LINES,
): Promise<void> {
  const attempt = jobs.find(({ name }) => name === 'lines')?.attempts.at(-1)
  const response = await api.stream(`/attempts/${attempt?.id}/log`)
  const lines = (await response.text()).split('\n').filter(line => /^line \d+$/.test(line))
  expect(lines).toEqual(upTo(expected).map(n => `line ${n}`))
}

function summaryOf({ state, jobs }: PipelineView) {
  return {
    state,
    jobs: jobs.map(job => `${job.name}: ${job.state}${job.state === 'succeeded' ? '' : ` (${job.reason})`}`),
  }
}

function upTo(number: number): number[] {
  return Array.from({ length: number }, (_, i) => i + 1)
}
