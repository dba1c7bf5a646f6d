import { once } from 'node:events'
import { Command, InvalidArgumentError } from 'commander'
import { qualitySchema } from '../../api/index.ts'
import { endWithReader } from '../output/pipe.ts'
import { print } from '../output/print.ts'
import { remote } from '../remote/settings.ts'
import { describeQuality, describeRequest } from '../requests/describe.ts'
import { exportedLines } from '../requests/lines.ts'
import { type Filter, requestsPath } from '../requests/query.ts'

export function requestsCommand(): Command {
  const command = new Command('requests').description(
    "what gateways wrote down of a model's requests and answers, and what labels say of them",
  )
  command
    .command('export')
    .description('a line of JSON for each request, with its labels; for maintainers, and written down')
    .argument('<model>')
    .option('--environment <name>', 'default: all')
    .option('--since <time>', 'such as 2026-11-28T10:00Z, or how long ago: 2h')
    .option('--until <time>')
    .option('--version <n>', 'those that this version answered', positive)
    .option('--labelled', 'those with feedback only')
    .option('--json', 'as always: one line of JSON each')
    .action(exportAll)
  command
    .command('tail')
    .description('requests as they come')
    .argument('<model>')
    .option('--environment <name>', 'default: all')
    .option('--version <n>', 'those that this version answers', positive)
    .option('--json', 'a line of JSON each')
    .action(tail)
  command
    .command('quality')
    .description('how often each version was right, by the labels that came')
    .argument('<model>')
    .option('--environment <name>', 'default: production')
    .option('--json', 'for machines')
    .action(quality)
  return command
}

async function exportAll(model: string, filter: Filter): Promise<void> {
  endWithReader()
  const response = await (await remote()).stream(requestsPath(model, filter))
  for await (const line of exportedLines(response.body ?? [])) await write(line)
}

async function tail(model: string, { json, ...filter }: Filter & { readonly json?: boolean }): Promise<void> {
  endWithReader()
  const response = await (await remote()).stream(requestsPath(model, filter, { follow: 'true' }))
  for await (const line of exportedLines(response.body ?? [])) {
    if (json) await write(line)
    else await write(describeRequest(line) ?? line)
  }
}

async function write(line: string): Promise<void> {
  if (!process.stdout.write(`${line}\n`)) await once(process.stdout, 'drain')
}

async function quality(
  model: string,
  { environment, json }: { readonly environment?: string; readonly json?: boolean },
): Promise<void> {
  const query = new URLSearchParams(environment === undefined ? {} : { environment })
  const path = `/models/${encodeURIComponent(model)}/quality?${query}`
  print(await (await remote()).get(path, qualitySchema), json, describeQuality)
}

function positive(text: string): number {
  const value = Number(text)
  if (Number.isInteger(value) && value >= 1 && value < 1e9) return value
  throw new InvalidArgumentError('Expected a whole number above 0.')
}
