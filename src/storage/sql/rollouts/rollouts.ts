import {
  type JobId,
  type Json,
  newId,
  type ProjectId,
  type RolloutId,
  type VersionId,
} from '../../../core/index.ts'
import type { Move } from '../../../registry/types.ts'
import { RolloutError } from '../../../rollout/errors.ts'
import type {
  Deployment,
  RolloutChange,
  RolloutStore,
  StoredRecord,
  StoredRollout,
} from '../../../rollout/ports.ts'
import {
  type Analysis,
  type Override,
  type Pause,
  ROLLOUT_PHASES,
  type Rollout,
  type Strategy,
} from '../../../rollout/types.ts'
import { calendarIn, calendarText } from '../calendars.ts'
import { has, isRecord, isTexts } from '../json.ts'
import { rolloutNews } from '../notify/rollout-news.ts'
import { tell } from '../notify/tell.ts'
import { needBytes } from '../registry/versions/aliases.ts'
import { addMove, isDecision } from '../registry/versions/moves.ts'
import { present, RowReader } from '../row.ts'
import type { Db } from '../stores.ts'
import { isTraffic, saveDeployment } from './deployments.ts'
import { addRecord } from './records.ts'

type RolloutsStore = Pick<RolloutStore, 'add' | 'byId' | 'byJob' | 'inPhases' | 'list' | 'update' | 'history'>

export function rollouts(db: Db): RolloutsStore {
  return {
    async add(rollout) {
      const row = { ...columnsOf(rollout), revision: rollout.revision }
      const { id, project, job, by, traffic } = rollout
      await db.transaction().execute(async work => {
        await needBytes(work, rollout.candidate)
        await work
          .insertInto('rollouts')
          .values({
            ...row,
            id,
            project,
            job: job ?? null,
            asked_by: by,
            traffic: traffic ? JSON.stringify(traffic) : null,
            calendar: calendarText(rollout.calendar),
            supersede: rollout.supersede ? 1 : null,
            promote_from: rollout.from ? JSON.stringify(rollout.from) : null,
          })
          .execute()
      })
    },
    byId: id => byId(db, id),
    async byJob(job) {
      const query = db.selectFrom('rollouts').selectAll().where('job', '=', job)
      const row = await query.orderBy('created_at', 'desc').orderBy('id', 'desc').executeTakeFirst()
      return row && rolloutOf(row)
    },
    async inPhases(phases) {
      if (phases.length === 0) return []
      const query = db.selectFrom('rollouts').selectAll().where('phase', 'in', phases)
      return (await query.orderBy('created_at').orderBy('id').execute()).map(rolloutOf)
    },
    async list(model, limit) {
      const query = db.selectFrom('rollouts').selectAll().where('model', '=', model)
      const newestFirst = query.orderBy('created_at', 'desc').orderBy('id', 'desc')
      return (await newestFirst.limit(limit).execute()).map(rolloutOf)
    },
    update: (next, revision, change, deployment, record) =>
      db.transaction().execute(work => update(work, next, revision, change, deployment, record)),
    async history(id) {
      const query = db.selectFrom('rollout_changes').selectAll().where('rollout', '=', id)
      return (await query.orderBy('position').execute()).map(changeOf)
    },
  }
}

async function byId(db: Db, id: RolloutId): Promise<StoredRollout | undefined> {
  const row = await db.selectFrom('rollouts').selectAll().where('id', '=', id).executeTakeFirst()
  return row && rolloutOf(row)
}

async function update(
  work: Db,
  next: Rollout,
  revision: number,
  change: RolloutChange,
  deployment: Deployment | undefined,
  record: StoredRecord | undefined,
): Promise<boolean> {
  const stored = await byId(work, next.id)
  if (stored?.revision !== revision) return false
  if (stored.phase === 'promoted' || stored.phase === 'aborted') {
    throw new RolloutError('ROLLOUT_ENDED', {
      message: `Rollout ${next.id} ended ${stored.phase}; it can't become ${next.phase}`,
      hint: 'Start another rollout of that version.',
      details: { from: stored.phase, to: next.phase },
    })
  }
  await work
    .updateTable('rollouts')
    .set({ ...columnsOf(next), revision: revision + 1 })
    .where('id', '=', next.id)
    .execute()
  await work
    .insertInto('rollout_changes')
    .values(changeRow(next.id, revision, change))
    .execute()
  if (deployment) await saveDeployment(work, deployment)
  if (record) await addRecord(work, record)
  const move = moveOf(stored, next, change)
  if (move) await addMove(work, move)
  const news = rolloutNews(stored, next, change)
  if (news) await tell(work, stored.project, news, change.at)
  return true
}

/** What the change is in the history of what served where; nothing while replicas load, or from step to step. */
function moveOf(stored: StoredRollout, next: Rollout, change: RolloutChange): Move | undefined {
  const event = eventOf(stored, next)
  if (!event) return undefined
  const { analysis } = change
  return {
    id: newId('move'),
    project: stored.project,
    model: stored.model,
    place: { kind: 'environment', name: stored.environment },
    event,
    version: next.candidate,
    ...(next.stable && { before: next.stable }),
    ...(event !== 'served' && { weight: event === 'canary' ? next.weight : stored.weight }),
    at: change.at,
    by: stored.by,
    decision: change.decision ?? { kind: 'checks' },
    rollout: stored.id,
    ...(stored.job === undefined && { rollback: true }),
    ...(analysis && { analysis: JSON.parse(JSON.stringify(analysis)) as Json }),
    reason: change.reason,
  }
}

function eventOf(stored: StoredRollout, { phase, weight }: Rollout): Move['event'] | undefined {
  if (phase === 'promoted') return 'served'
  if (phase === 'aborted') return 'aborted'
  // A shadow answers nobody: its canary begins with the first part of the traffic.
  return phase === 'progressing' && weight > 0 && stored.weight === 0 ? 'canary' : undefined
}

function columnsOf(rollout: Rollout) {
  return {
    model: rollout.model,
    environment: rollout.environment,
    candidate: rollout.candidate,
    stable: rollout.stable ?? null,
    strategy: JSON.stringify(rollout.strategy),
    phase: rollout.phase,
    step: rollout.step,
    weight: rollout.weight,
    created_at: rollout.createdAt,
    step_started_at: rollout.stepStartedAt,
    ended_at: rollout.endedAt ?? null,
    reason: rollout.reason ?? null,
    superseded_by: rollout.supersededBy ?? null,
    override: rollout.override ? JSON.stringify(rollout.override) : null,
    pause: rollout.pause ? JSON.stringify(rollout.pause) : null,
  }
}

const isOverride = has<Override>({ by: 'string', at: 'number' })
const isPause = has<Pause>({ by: 'string', at: 'number' })

function isStrategy(value: unknown): value is Strategy {
  if (!isRecord(value)) return false
  switch (value['kind']) {
    case 'immediate':
    case 'recreate':
      return true
    case 'blue-green':
      return typeof value['hold'] === 'number'
    case 'ab':
      return isAb(value)
    case 'bandit':
      return isBandit(value)
    default:
      return value['kind'] === 'canary' && isCanary(value)
  }
}
const isCanary = has({ steps: 'array', analysis: 'object' })
const isBandit = has({
  start: 'number',
  explore: 'number',
  most: 'number',
  every: 'number',
  minRewards: 'number',
  margin: 'number',
  horizon: 'object',
  analysis: 'object',
})
const isAb = has({
  split: 'number',
  metric: 'string',
  horizon: 'object',
  effect: 'number',
  otherwise: 'string',
  analysis: 'object',
})

function rolloutOf(row: object): StoredRollout {
  const read = new RowReader('rollouts', row)
  return {
    id: read.text<RolloutId>('id'),
    project: read.text<ProjectId>('project'),
    model: read.text('model'),
    environment: read.text('environment'),
    candidate: read.text<VersionId>('candidate'),
    strategy: read.json('strategy', isStrategy),
    phase: read.choice('phase', ROLLOUT_PHASES),
    step: read.number('step'),
    weight: read.number('weight'),
    createdAt: read.instant('created_at'),
    stepStartedAt: read.instant('step_started_at'),
    by: read.text('asked_by'),
    revision: read.number('revision'),
    ...present({
      stable: read.optional('stable', column => read.text<VersionId>(column)),
      endedAt: read.optional('ended_at', column => read.instant(column)),
      reason: read.optional('reason', column => read.text(column)),
      job: read.optional('job', column => read.text<JobId>(column)),
      traffic: read.optional('traffic', column => read.json(column, isTraffic)),
      from: read.optional('promote_from', column => read.json(column, isTexts)),
      calendar: calendarIn(read),
      supersede: read.optional('supersede', (): true => true),
      supersededBy: read.optional('superseded_by', column => read.text<RolloutId>(column)),
      override: read.optional('override', column => read.json(column, isOverride)),
      pause: read.optional('pause', column => read.json(column, isPause)),
    }),
  }
}

/** The revision that a change replaced is its place in the history. */
function changeRow(rollout: RolloutId, revision: number, change: RolloutChange) {
  const { at, phase, step, weight, reason, analysis, decision } = change
  return {
    rollout,
    position: revision,
    at,
    phase,
    step,
    weight,
    reason,
    analysis: analysis ? JSON.stringify(analysis) : null,
    decision: decision ? JSON.stringify(decision) : null,
  }
}

const isAnalysis = has<Analysis>({
  verdict: 'string',
  metrics: 'array',
  canaryRequests: 'number',
  baselineRequests: 'number',
})

function changeOf(row: object): RolloutChange {
  const read = new RowReader('rollout_changes', row)
  return {
    at: read.instant('at'),
    phase: read.choice('phase', ROLLOUT_PHASES),
    step: read.number('step'),
    weight: read.number('weight'),
    reason: read.text('reason'),
    ...present({
      analysis: read.optional('analysis', column => read.json(column, isAnalysis)),
      decision: read.optional('decision', column => read.json(column, isDecision)),
    }),
  }
}
