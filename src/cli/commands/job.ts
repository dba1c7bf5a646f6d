import { Command } from 'commander'
import { jobViewSchema } from '../../api/index.ts'
import { print } from '../output/print.ts'
import { inputsOf, variablesOf } from '../remote/pairs.ts'
import { remote } from '../remote/settings.ts'

interface PlayOptions {
  readonly var?: string[]
  readonly input?: string[]
  readonly json?: boolean
}

export function jobCommand(): Command {
  const command = new Command('job').description('single jobs: play, retry, cancel, approve')
  for (const [action, description] of [
    ['cancel', 'cancel a job'],
    ['approve', 'let a waiting deployment start, or a scan or gate that could not decide pass'],
  ] as const) {
    command
      .command(action)
      .description(description)
      .argument('<job>', 'id, as `ballast pipeline show` tells')
      .option('--json', 'for machines')
      .action((job: string, { json }: { readonly json?: boolean }) => act(action, job, json))
  }
  command
    .command('retry')
    .description('set an ended job going again, with everything behind it')
    .argument('<job>', 'id, as `ballast pipeline show` tells')
    .option('--input <name=value...>', 'another value of one of its inputs')
    .option('--json', 'for machines')
    .action((job: string, { input, json }: { readonly input?: string[]; readonly json?: boolean }) =>
      act('retry', job, json, { inputs: inputsOf(input) }),
    )
  command
    .command('play')
    .description('start a manual or delayed job now')
    .argument('<job>', 'id, as `ballast pipeline show` tells')
    .option('--var <NAME=value...>', 'a variable for this job alone, over every other of that name')
    .option('--input <name=value...>', 'a value of one of its inputs')
    .option('--json', 'for machines')
    .action((job: string, { var: pairs, input, json }: PlayOptions) =>
      act('play', job, json, { variables: variablesOf(pairs), inputs: inputsOf(input) }),
    )
  return command
}

async function act(action: string, id: string, json: boolean | undefined, body?: object): Promise<void> {
  const job = await (await remote()).send(
    'POST',
    `/jobs/${encodeURIComponent(id)}/${action}`,
    body,
    jobViewSchema,
  )
  print(job, json, ({ name, state }) => `${name}: ${state}`)
}
