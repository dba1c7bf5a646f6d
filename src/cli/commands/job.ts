import { Command } from 'commander'
import { jobViewSchema } from '../../api/index.ts'
import { print } from '../output/print.ts'
import { remote } from '../remote/settings.ts'

export function jobCommand(): Command {
  const command = new Command('job').description('single jobs: retry, cancel, approve')
  for (const [action, description] of [
    ['retry', 'set an ended job going again, with everything behind it'],
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
  return command
}

async function act(action: string, id: string, json: boolean | undefined): Promise<void> {
  const job = await (await remote()).send(
    'POST',
    `/jobs/${encodeURIComponent(id)}/${action}`,
    undefined,
    jobViewSchema,
  )
  print(job, json, ({ name, state }) => `${name}: ${state}`)
}
