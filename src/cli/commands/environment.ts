import { Command } from 'commander'
import { z } from 'zod'
import { type EnvironmentView, environmentViewSchema } from '../../api/index.ts'
import { BallastError } from '../../core/index.ts'
import { ago, print } from '../output/print.ts'
import { table } from '../output/table.ts'
import { remote } from '../remote/settings.ts'

interface Json {
  readonly json?: boolean
}

export function environmentCommand(): Command {
  const command = new Command('environment').description(
    "environments that jobs' scripts deploy to, and previews of models",
  )
  command
    .command('list')
    .description('environments of a project, and what was deployed there last')
    .argument('<project>')
    .option('--json', 'for machines')
    .action(list)
  command
    .command('stop')
    .description('take one down: its on_stop job runs, or the model of a preview no longer answers')
    .argument('<project>')
    .argument('<environment>')
    .option('--json', 'for machines')
    .action(stop)
  return command
}

async function environmentsOf(project: string): Promise<readonly EnvironmentView[]> {
  const path = `/projects/${encodeURIComponent(project)}/environments`
  return (await remote()).get(path, z.array(environmentViewSchema))
}

async function list(project: string, { json }: Json): Promise<void> {
  print(await environmentsOf(project), json, all =>
    all.length === 0
      ? 'No environments yet: a job with `environment:` makes one as it deploys, and `preview:` in deploy one for each branch.'
      : table(['ENVIRONMENT', 'STATE', 'TIER', 'DEPLOYED', 'COMMIT', 'BY', 'URL'], all.map(rowOf)),
  )
}

function rowOf({ name, state, tier, url, lastDeployment }: EnvironmentView): readonly string[] {
  return [
    name,
    state,
    tier,
    ago(lastDeployment?.at ?? null),
    lastDeployment?.commit.slice(0, 8) ?? '–',
    lastDeployment?.by ?? '–',
    url ?? '–',
  ]
}

async function stop(project: string, name: string, { json }: Json): Promise<void> {
  const found = (await environmentsOf(project)).find(environment => environment.name === name)
  if (!found)
    throw new BallastError('ENVIRONMENT_UNKNOWN', {
      message: `${project} has no environment '${name}'`,
      hint: `See \`ballast environment list ${project}\`.`,
    })
  const path = `/environments/${encodeURIComponent(found.id)}/stop`
  const now = await (await remote()).send('POST', path, {}, environmentViewSchema)
  print(now, json, ({ state, stopJob, reason }) =>
    state === 'stopping'
      ? `${name} is being stopped by job '${stopJob?.name ?? ''}'.`
      : `${name} is ${state}: ${reason ?? ''}`,
  )
}
