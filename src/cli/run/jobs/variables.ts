import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { WORKSPACE_PLACE } from '../../../pipeline/index.ts'
import type { Attempt } from './attempt.ts'
import { environmentOf, type Variables } from './environment.ts'
import { variableSourcesOf } from './handover.ts'

/** Everything that a job finds defined; file variables are files in its place. */
export async function variablesOf({ scope, job }: Attempt, place: string): Promise<Variables> {
  const { world, plan } = scope
  const { trigger, project } = world.project
  const workspace = join(place, 'workspace')
  const at = world.startedAt.toISOString()
  const predefined = scope.dialect?.jobVariables(trigger, project, job.plan, {
    id: `${job.position + 1}`,
    pipelineId: '1',
    pipelineNumber: 1,
    position: job.position,
    startedAt: new Date().toISOString(),
    pipelineCreatedAt: at,
    workspace,
    runner: 'local',
    runnerLabels: job.plan.labels ?? [],
    token: '',
  })
  const dotenv = variableSourcesOf(job.plan, plan).map(name => scope.dotenv.get(name) ?? {})
  const env = environmentOf({
    plan: job.plan,
    host: world.host,
    predefined: { CI: 'true', BALLAST: 'true', BALLAST_WORKSPACE: workspace, ...predefined },
    dotenv: Object.assign({}, ...dotenv),
    given: trigger.variables,
    secrets: world.secrets,
  })
  const placed = Object.fromEntries(
    Object.entries(env).map(([name, value]) => [name, value.replaceAll(WORKSPACE_PLACE, () => workspace)]),
  )
  return {
    ...placed,
    PWD: workspace,
    ...(await filesFor(job.plan.fileVariables ?? [], placed, `${place}/files`)),
  }
}

async function filesFor(names: readonly string[], env: Variables, folder: string): Promise<Variables> {
  const given = names.filter(name => Object.hasOwn(env, name) && /^\w+$/.test(name))
  if (given.length > 0) await mkdir(folder, { recursive: true, mode: 0o700 })
  const paths = await Promise.all(
    given.map(async name => {
      await writeFile(join(folder, name), env[name]!, { mode: 0o600 })
      return [name, join(folder, name)] as const
    }),
  )
  return Object.fromEntries(paths)
}
