import { Command } from 'commander'
import { promotedSchema } from '../../api/index.ts'
import { print } from '../output/print.ts'
import { remote } from '../remote/settings.ts'

export function promoteCommand(): Command {
  return new Command('promote')
    .description('take the version that serves in one environment to another: the same bytes')
    .argument('<model>')
    .option('--from <environment>', 'where it serves', 'staging')
    .option('--to <environment>', 'where it goes, by what is asked of deployments there', 'production')
    .option('--json', 'for machines')
    .action(run)
}

async function run(
  model: string,
  { from, to, json }: { readonly from: string; readonly to: string; readonly json?: boolean },
): Promise<void> {
  const path = `/models/${encodeURIComponent(model)}/promote`
  const promoted = await (await remote()).send('POST', path, { from, to }, promotedSchema)
  print(promoted, json, ({ version, job, rollout }) =>
    [
      `${model} v${version.number}: ${job.name} of pipeline ${job.pipeline} is ${job.state}${job.reason ? `, ${job.reason}` : ''}`,
      ...(rollout ? [`rollout ${rollout.id}: ${rollout.phase}`] : []),
    ].join('\n'),
  )
}
