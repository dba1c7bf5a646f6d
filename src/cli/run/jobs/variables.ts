import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type PlannedJob, WORKSPACE_PLACE } from '../../../pipeline/index.ts'
import type { Attempt } from './attempt.ts'
import { layered, type Variables } from './environment.ts'
import { variableSourcesOf } from './keeping/handover.ts'

/** Names that a shell can hold. */
const NAME = /^[A-Za-z_]\w*$/

/** What a job finds defined beside its machine's environment. */
export interface JobVariables {
  readonly own: Variables
  /** Those that are given as the path of a file with the value. */
  readonly files: Variables
}

/** `WORKSPACE_PLACE` stands in the values where the workspace will be. */
export function variablesOf({ scope, job }: Pick<Attempt, 'scope' | 'job'>): JobVariables {
  const { world, plan, dialect } = scope
  const { trigger, project } = world.project
  const predefined = dialect?.jobVariables(trigger, project, job.plan, {
    id: `${job.position + 1}`,
    pipelineId: '1',
    pipelineNumber: 1,
    position: job.position,
    startedAt: new Date().toISOString(),
    pipelineCreatedAt: world.startedAt.toISOString(),
    workspace: WORKSPACE_PLACE,
    runner: 'local',
    runnerLabels: job.plan.labels ?? [],
    token: '',
  })
  const sources = scope.dotenv.size > 0 ? variableSourcesOf(job.plan, plan) : []
  const dotenv = sources.map(name => scope.dotenv.get(name) ?? {})
  const all = layered(
    {
      plan: job.plan,
      predefined: { CI: 'true', ...predefined },
      dotenv: Object.assign({}, ...dotenv),
      secrets: secretsFor(job.plan, world.secrets),
      given: trigger.variables,
    },
    dialect?.expandVariables,
  )
  const asFiles = (job.plan.secrets ?? []).flatMap(({ variable, file }) => (file ? [variable] : []))
  const isFile = new Set([...(job.plan.fileVariables ?? []), ...asFiles])
  const own: Record<string, string> = Object.create(null)
  const files: Record<string, string> = Object.create(null)
  for (const [name, value] of Object.entries(all)) {
    if (!NAME.test(name)) continue
    const plain = value.includes('\0') ? value.replaceAll('\0', '') : value
    if (isFile.has(name)) files[name] = plain
    else own[name] = plain
  }
  return { own, files }
}

/** All of the file of secrets; a job of ballast.yaml gets those that it asks for. */
function secretsFor({ dialect, secrets = [] }: PlannedJob, known: Variables): Variables {
  const asked = secrets.flatMap(({ variable, secret }) =>
    Object.hasOwn(known, secret) ? [[variable, known[secret]!] as const] : [],
  )
  return { ...(dialect !== undefined && known), ...Object.fromEntries(asked) }
}

/** All of it as a process on this machine gets it; file variables are files in its place. */
export async function onThisMachine(
  { own, files }: JobVariables,
  host: Variables,
  place: string,
): Promise<Variables> {
  const workspace = join(place, 'workspace')
  const folder = join(place, 'files')
  const names = Object.keys(files)
  if (names.length > 0) await mkdir(folder, { recursive: true, mode: 0o700 })
  for (const name of names) await writeFile(join(folder, name), files[name]!, { mode: 0o600 })
  const env: Record<string, string> = { ...host }
  for (const [name, value] of Object.entries(own))
    env[name] = value.includes(WORKSPACE_PLACE) ? value.replaceAll(WORKSPACE_PLACE, () => workspace) : value
  for (const name of names) env[name] = join(folder, name)
  return { ...env, BALLAST: 'true', BALLAST_WORKSPACE: workspace, PWD: workspace }
}
