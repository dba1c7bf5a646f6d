import { sql } from 'kysely'
import type { PipelineId, ProjectId } from '../../../core/index.ts'
import type { PipelineStore, ReadyShare } from '../../../pipeline/ports.ts'
import { RowReader } from '../row.ts'
import type { Db } from '../stores.ts'
import { jobOf } from './jobs.ts'

/** What is handed out next, and among whom. */
export function ready(db: Db): Pick<PipelineStore, 'readyShares' | 'readyJobs'> {
  return {
    async readyShares() {
      const live = await liveByProject(db)
      const shares = new Map<ProjectId, { project: ProjectId; live: number; pipelines: PipelineId[] }>()
      for (const { project, pipeline } of await readyPipelines(db)) {
        const share = shares.get(project) ?? { project, live: live.get(project) ?? 0, pipelines: [] }
        share.pipelines.push(pipeline)
        shares.set(project, share)
      }
      return [...shares.values()] satisfies readonly ReadyShare[]
    },
    async readyJobs(pipeline, { after, limit }) {
      const query = db.selectFrom('jobs').selectAll().where('state', '=', 'ready')
      const rows = await query
        .where('pipeline', '=', pipeline)
        .$if(after !== undefined, query => query.where('position', '>', after!))
        .orderBy('position')
        .limit(limit)
        .execute()
      return rows.map(jobOf)
    },
  }
}

/**
 * Oldest first. Steps from pipeline to pipeline in the index of states: thousands of ready jobs of one cost no more
 * than one does.
 */
async function readyPipelines(
  db: Db,
): Promise<readonly { readonly project: ProjectId; readonly pipeline: PipelineId }[]> {
  const { rows } = await sql<object>`
    with recursive steps (pipeline) as (
      select min(pipeline) from jobs where state = 'ready'
      union all
      select (select min(jobs.pipeline) from jobs where jobs.state = 'ready' and jobs.pipeline > steps.pipeline)
      from steps where steps.pipeline is not null
    )
    select pipelines.id as pipeline, pipelines.project as project
    from steps join pipelines on pipelines.id = steps.pipeline
    order by pipelines.id`.execute(db)
  return rows.map(row => {
    const read = new RowReader('pipelines', row)
    return { pipeline: read.text<PipelineId>('pipeline'), project: read.text<ProjectId>('project') }
  })
}

async function liveByProject(db: Db): Promise<ReadonlyMap<ProjectId, number>> {
  const rows = await db
    .selectFrom('attempts')
    .innerJoin('jobs', 'jobs.id', 'attempts.job')
    .innerJoin('pipelines', 'pipelines.id', 'jobs.pipeline')
    .select(['pipelines.project', sql<number>`count(*)`.as('live')])
    .where('attempts.state', 'in', ['leased', 'running'])
    .groupBy('pipelines.project')
    .execute()
  return new Map(
    rows.map(row => {
      const read = new RowReader('attempts', row)
      return [read.text<ProjectId>('project'), read.number('live')]
    }),
  )
}
