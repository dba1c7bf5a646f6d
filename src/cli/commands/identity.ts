import { Command, Option } from 'commander'
import { z } from 'zod'
import { recordKeysSchema, signingKeySchema } from '../../api/index.ts'
import { ago, print } from '../output/print.ts'
import { table } from '../output/table.ts'
import { remote } from '../remote/settings.ts'

const PATH = '/identity/keys'

interface Options {
  readonly for: 'identity' | 'records'
  readonly public?: boolean
  readonly json?: boolean
}

/** The keys by which the server signs. */
export function identityCommand(): Command {
  const command = new Command('identity').description(
    "keys that sign jobs' identity tokens (id_tokens), and records of what was decided",
  )
  command
    .command('keys')
    .description('the one in use, and retired ones that are still published')
    .addOption(purpose())
    .option('--public', 'of records: the public keys themselves, a JSON Web Key Set to check by')
    .option('--json', 'for machines')
    .action(keys)
  command
    .command('rotate')
    .description('sign with another key from now on; what the old one signed stays valid for its time')
    .addOption(purpose())
    .option('--json', 'for machines')
    .action(rotate)
  return command
}

function purpose(): Option {
  return new Option('--for <what>', 'what the keys sign').choices(['identity', 'records']).default('identity')
}

async function keys({ for: what, public: whole, json }: Options): Promise<void> {
  const client = await remote()
  if (whole && what === 'records') {
    print(await client.get('/identity/record-keys', recordKeysSchema), true, String)
    return
  }
  print(await client.get(`${PATH}?for=${what}`, z.array(signingKeySchema)), json, all =>
    table(
      ['KEY', 'MADE', 'RETIRED'],
      all.map(({ id, createdAt, retiredAt }) => [id, ago(createdAt), retiredAt ? ago(retiredAt) : 'in use']),
    ),
  )
}

async function rotate({ for: what, json }: Options): Promise<void> {
  const made = await (await remote()).send('POST', `${PATH}?for=${what}`, {}, signingKeySchema)
  print(made, json, ({ id }) => `${id} signs from now on.`)
}
