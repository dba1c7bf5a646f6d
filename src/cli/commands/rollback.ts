import { Command } from 'commander'
import { rolloutViewSchema } from '../../api/index.ts'
import { BallastError } from '../../core/index.ts'
import { print } from '../output/print.ts'
import { remote } from '../remote/settings.ts'
import { describeRollout } from './rollout.ts'

export function rollbackCommand(): Command {
  return new Command('rollback')
    .description('serve an earlier version again, at once where it is warm')
    .argument('<model>')
    .argument('[version]', 'number, such as 3 or v3; default: the version before')
    .option('--environment <name>', 'where', 'production')
    .option('--json', 'for machines')
    .action(run)
}

async function run(
  model: string,
  version: string | undefined,
  { environment, json }: { readonly environment: string; readonly json?: boolean },
): Promise<void> {
  const number = version === undefined ? undefined : numberOf(version)
  const path = `/models/${encodeURIComponent(model)}/rollback`
  const rollout = await (await remote()).send(
    'POST',
    path,
    { environment, ...(number !== undefined && { version: number }) },
    rolloutViewSchema,
  )
  print(rollout, json, describeRollout)
}

function numberOf(version: string): number {
  const match = /^v?([1-9]\d{0,8})$/.exec(version)
  if (match) return Number(match[1])
  throw new BallastError('VERSION_INVALID', {
    message: `Expected a version such as 3 or v3, found '${version}'`,
    hint: '`ballast model show MODEL` lists them.',
  })
}
