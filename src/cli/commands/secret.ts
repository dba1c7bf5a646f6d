import { createInterface } from 'node:readline'
import { Writable } from 'node:stream'
import { text } from 'node:stream/consumers'
import { Command } from 'commander'
import { z } from 'zod'
import { type SecretView, secretSchema, secretSetSchema } from '../../api/index.ts'
import { BallastError } from '../../core/index.ts'
import { ago, print } from '../output/print.ts'
import { table } from '../output/table.ts'
import { remote } from '../remote/settings.ts'

/** Values come by standard input or a prompt, never as an argument: arguments are seen by the whole machine. */
export function secretCommand(): Command {
  const command = new Command('secret').description(
    'secrets and variables of a project or group, for its jobs on protected refs',
  )
  command
    .command('set')
    .description(
      'keep a secret; its value is read from standard input (less one line end at its end), or asked',
    )
    .argument('<project>', 'or a group, with --group')
    .argument('<name>', 'the variable that jobs find it in, such as API_KEY')
    .option('--group', 'for every project whose name begins with <group>/; by admins of the server')
    .option('--file', 'jobs find the path of a file with it in the variable')
    .option('--environment <pattern>', 'only for jobs of these environments, such as staging/*', '*')
    .option('--unprotected', 'for jobs on any ref: whoever may push a branch can read it')
    .option('--plain', 'no secret: logs show it')
    .option('--expand', '$NAME in it stands for another variable')
    .action(set)
  command
    .command('list')
    .description('names, and when they were set; nobody is told a value')
    .argument('<project>', 'or a group, with --group')
    .option('--group', "a group's")
    .option('--json', 'for machines')
    .action(list)
  command
    .command('remove')
    .description('forget a secret')
    .argument('<project>', 'or a group, with --group')
    .argument('<name>')
    .option('--group', "a group's")
    .option('--environment <pattern>', 'the one for these environments', '*')
    .action(remove)
  return command
}

interface Whose {
  readonly group?: boolean
}

interface Attributes extends Whose {
  readonly file?: boolean
  readonly environment: string
  readonly unprotected?: boolean
  readonly plain?: boolean
  readonly expand?: boolean
}

const pathOf = (owner: string, { group }: Whose, name?: string) =>
  `/${group ? 'groups' : 'projects'}/${encodeURIComponent(owner)}/secrets${name === undefined ? '' : `/${encodeURIComponent(name)}`}`

async function set(owner: string, name: string, options: Attributes): Promise<void> {
  const client = await remote()
  const value = process.stdin.isTTY
    ? await askHidden(`Value of ${name}: `)
    : (await text(process.stdin)).replace(/\r?\n$/, '')
  const { projects } = await client.send(
    'PUT',
    pathOf(owner, options, name),
    {
      value,
      environment: options.environment,
      kind: options.file ? 'file' : 'variable',
      protected: !options.unprotected,
      masked: !options.plain,
      literal: !options.expand,
    },
    secretSetSchema,
  )
  const where = options.unprotected ? 'on every ref' : 'on protected refs'
  process.stdout.write(
    projects.length === 0
      ? `${name} is set; there is no project in ${owner} yet.\n`
      : `${name} is set: jobs of ${projects.join(', ')} ${where} have it from now on.\n`,
  )
}

async function list(owner: string, { json, ...whose }: Whose & { readonly json?: boolean }): Promise<void> {
  const secrets = await (await remote()).get(pathOf(owner, whose), z.array(secretSchema))
  print(secrets, json, all => {
    if (all.length === 0)
      return `No secrets yet: \`ballast secret set ${owner} NAME${whose.group ? ' --group' : ''}\`.`
    const special = all.some(secret => specialties(secret) !== '')
    return table(
      ['NAME', 'SET', ...(special ? ['WHICH IS'] : [])],
      all.map(secret => [secret.name, ago(secret.createdAt), ...(special ? [specialties(secret)] : [])]),
    )
  })
}

/** How it differs from a masked variable for every job on protected refs. */
function specialties(secret: SecretView): string {
  return [
    secret.environment === '*' ? '' : `for ${secret.environment}`,
    secret.kind === 'file' ? 'a file' : '',
    secret.protected ? '' : 'for every ref',
    secret.masked ? '' : 'shown in logs',
    secret.literal ? '' : 'expanded',
  ]
    .filter(Boolean)
    .join(', ')
}

async function remove(
  owner: string,
  name: string,
  { environment, ...whose }: Whose & { readonly environment: string },
): Promise<void> {
  const query = environment === '*' ? '' : `?environment=${encodeURIComponent(environment)}`
  await (await remote()).tell('DELETE', `${pathOf(owner, whose, name)}${query}`)
  process.stdout.write(`${name} is removed: jobs that begin from now on have it no more.\n`)
}

/** One line from the terminal, not shown as it is typed. */
function askHidden(question: string): Promise<string> {
  process.stderr.write(question)
  const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() })
  const prompt = createInterface({ input: process.stdin, output: nowhere, terminal: true, historySize: 0 })
  return new Promise((resolve, reject) => {
    prompt.once('line', line => {
      resolve(line)
      prompt.close()
    })
    // After a line it changes nothing: Ctrl-C and Ctrl-D alone come here first.
    prompt.once('close', () => {
      process.stderr.write('\n')
      reject(
        new BallastError('NO_VALUE', {
          message: 'No value was given',
          hint: 'Type it and press Enter, or pass it by standard input.',
        }),
      )
    })
  })
}
