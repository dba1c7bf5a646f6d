import { createInterface } from 'node:readline'
import { Writable } from 'node:stream'
import { text } from 'node:stream/consumers'
import { Command } from 'commander'
import { z } from 'zod'
import { secretSchema } from '../../api/index.ts'
import { BallastError } from '../../core/index.ts'
import { ago, print } from '../output/print.ts'
import { table } from '../output/table.ts'
import { remote } from '../remote/settings.ts'

/** Values come by standard input or a prompt, never as an argument: arguments are seen by the whole machine. */
export function secretCommand(): Command {
  const command = new Command('secret').description(
    'secrets of a project, for its jobs on the default branch',
  )
  command
    .command('set')
    .description(
      'keep a secret; its value is read from standard input (less one line end at its end), or asked',
    )
    .argument('<project>')
    .argument('<name>', 'the variable that jobs find it in, such as API_KEY')
    .action(set)
  command
    .command('list')
    .description('names, and when they were set; nobody is told a value')
    .argument('<project>')
    .option('--json', 'for machines')
    .action(list)
  command
    .command('remove')
    .description('forget a secret')
    .argument('<project>')
    .argument('<name>')
    .action(remove)
  return command
}

const pathOf = (project: string, name?: string) =>
  `/projects/${encodeURIComponent(project)}/secrets${name === undefined ? '' : `/${encodeURIComponent(name)}`}`

async function set(project: string, name: string): Promise<void> {
  const client = await remote()
  const value = process.stdin.isTTY
    ? await askHidden(`Value of ${name}: `)
    : (await text(process.stdin)).replace(/\r?\n$/, '')
  await client.tell('PUT', pathOf(project, name), { value })
  process.stdout.write(`${name} is set: jobs of ${project} on its default branch have it from now on.\n`)
}

async function list(project: string, { json }: { readonly json?: boolean }): Promise<void> {
  const secrets = await (await remote()).get(pathOf(project), z.array(secretSchema))
  print(secrets, json, all =>
    all.length === 0
      ? `No secrets yet: \`ballast secret set ${project} NAME\`.`
      : table(
          ['NAME', 'SET'],
          all.map(({ name, createdAt }) => [name, ago(createdAt)]),
        ),
  )
}

async function remove(project: string, name: string): Promise<void> {
  await (await remote()).tell('DELETE', pathOf(project, name))
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
