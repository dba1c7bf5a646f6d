import { Command } from 'commander'
import { z } from 'zod'
import { signingKeySchema } from '../../api/index.ts'
import { ago, print } from '../output/print.ts'
import { table } from '../output/table.ts'
import { remote } from '../remote/settings.ts'

const PATH = '/identity/keys'

interface Json {
  readonly json?: boolean
}

/** The keys by which identity tokens of jobs are signed. */
export function identityCommand(): Command {
  const command = new Command('identity').description("keys that sign jobs' identity tokens (id_tokens)")
  command
    .command('keys')
    .description('the one in use, and retired ones that are still published')
    .option('--json', 'for machines')
    .action(keys)
  command
    .command('rotate')
    .description('sign with another key from now on; tokens of the old one stay valid for their time')
    .option('--json', 'for machines')
    .action(rotate)
  return command
}

async function keys({ json }: Json): Promise<void> {
  print(await (await remote()).get(PATH, z.array(signingKeySchema)), json, all =>
    table(
      ['KEY', 'MADE', 'RETIRED'],
      all.map(({ id, createdAt, retiredAt }) => [id, ago(createdAt), retiredAt ? ago(retiredAt) : 'in use']),
    ),
  )
}

async function rotate({ json }: Json): Promise<void> {
  const made = await (await remote()).send('POST', PATH, {}, signingKeySchema)
  print(made, json, ({ id }) => `${id} signs from now on.`)
}
