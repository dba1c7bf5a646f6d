/**
 * Adds pipelines with jobs, claims them and ends them, for ever, and says each step on standard output once it
 * was acknowledged: `node write.ts DATABASE PROJECT PRINCIPAL`. Ends by being killed.
 */
import { writeSync } from 'node:fs'
import { type PrincipalId, type ProjectId, systemClock } from '../../../src/core/index.ts'
import { openSqlite } from '../../../src/storage/index.ts'
import { aJob, anAttempt, aPipeline } from '../stores/world.ts'

const [path, project, principal] = process.argv.slice(2)
const home = { project: project as ProjectId, principal: principal as PrincipalId }
const { pipelines } = await openSqlite(path!)
const say = (...words: readonly string[]) => writeSync(1, `${words.join(' ')}\n`)

for (;;) {
  const pipeline = aPipeline(home, { createdAt: systemClock.now() })
  const jobs = Array.from({ length: 5 }, (_, position) => aJob(pipeline, { position }))
  await pipelines.addPipeline(pipeline, jobs)
  say('added', pipeline.id)
  const attempt = anAttempt(jobs[0]!)
  await pipelines.claim(jobs[0]!.id, attempt)
  say('claimed', jobs[0]!.id)
  await pipelines.moveJob(jobs[0]!.id, 'running', 'succeeded', {
    now: systemClock.now(),
    result: { ok: true },
  })
  say('succeeded', jobs[0]!.id)
}
