import { Command } from 'commander'
import { rolloutViewSchema } from '../../api/index.ts'
import { formatVersionName, parseVersionName } from '../../registry/index.ts'
import { print } from '../output/print.ts'
import { remote } from '../remote/settings.ts'
import { describeRollout } from './rollout.ts'

export function rollbackCommand(): Command {
  return new Command('rollback')
    .description('serve an earlier version again, at once where it is warm')
    .argument('<model>')
    .argument('[version]', 'such as 3, v3, champion or commit:1a2b3c; default: the version before')
    .option('--environment <name>', 'where', 'production')
    .option('--reason <text>', 'kept with it')
    .option('--json', 'for machines')
    .action(run)
}

async function run(
  model: string,
  version: string | undefined,
  {
    environment,
    json,
    reason,
  }: { readonly environment: string; readonly json?: boolean; readonly reason?: string },
): Promise<void> {
  const named = version === undefined ? undefined : formatVersionName(parseVersionName(version))
  const path = `/models/${encodeURIComponent(model)}/rollback`
  const rollout = await (await remote()).send(
    'POST',
    path,
    { environment, ...(named !== undefined && { version: named }), ...(reason && { reason }) },
    rolloutViewSchema,
  )
  print(rollout, json, describeRollout)
}
