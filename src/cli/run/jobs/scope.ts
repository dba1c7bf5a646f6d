import { dialectOf } from '../../../pipeline/index.ts'
import type { PipelineEnd } from '../engine/events.ts'
import { LocalPipeline } from '../engine/pipeline.ts'
import { chainLengths } from '../engine/priority.ts'
import { workOf } from './work.ts'
import type { PipelineScope, ScopeRequest } from './world.ts'

/** Runs one pipeline, the run's own or a child's, to its end. */
export async function runScope({
  world,
  path,
  compilation,
  plan,
  signal,
}: ScopeRequest): Promise<PipelineEnd> {
  const { dialect } = compilation
  const scope: PipelineScope = {
    world,
    path,
    compilation,
    plan,
    ...(dialect && { dialect: dialectOf(dialect) }),
    priorities: chainLengths(plan.jobs, plan.stages ?? [], world.earlier),
    kept: new Map(),
    dotenv: new Map(),
    nested: runScope,
  }
  const pipeline = new LocalPipeline({
    path,
    plan,
    work: workOf(scope),
    plays: world.settings.plays,
    delays: world.settings.delays,
    tell: world.tell,
    clock: world.clock,
    signal,
  })
  world.pipelines.push(pipeline)
  return pipeline.run()
}
