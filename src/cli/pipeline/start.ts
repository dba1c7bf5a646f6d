import { Command } from 'commander'
import {
  type ApiClient,
  type PipelineView,
  pipelineSummarySchema,
  pipelineViewSchema,
} from '../../api/index.ts'
import { print } from '../output/print.ts'
import { inputsOf, variablesOf } from '../remote/pairs.ts'
import { remote } from '../remote/settings.ts'

interface Options {
  readonly ref?: string
  readonly var?: readonly string[]
  readonly input?: readonly string[]
  readonly follow?: boolean
  readonly json?: boolean
}

/** `ballast pipeline run`: a pipeline for what a branch or tag has now. */
export function startCommand(): Command {
  return new Command('run')
    .description('start a pipeline for what a branch or tag has now')
    .argument('<project>')
    .option('--ref <name>', 'branch or tag; the default branch where absent')
    .option('--var <NAME=value...>', 'a variable, over every other of that name')
    .option('--input <name=value...>', 'an input of the pipeline')
    .option('-f, --follow', 'stay until it has ended; fails if it does')
    .option('--json', 'for machines')
    .action(start)
}

async function start(project: string, { ref, follow, json, ...given }: Options): Promise<void> {
  const client = await remote()
  const path = `/projects/${encodeURIComponent(project)}/pipelines`
  const body = { ...(ref && { ref }), variables: variablesOf(given.var), inputs: inputsOf(given.input) }
  const made = await client.send('POST', path, body, pipelineSummarySchema)
  print(made, json, ({ number }) => `Started ${project} #${number}: ${client.url}/pipelines/${made.id}`)
  if (!follow) return
  const ended = await followToEnd(client, made.id, json === true)
  if (ended.state !== 'succeeded') process.exitCode = 1
}

/** Tells each job as it ends, until the pipeline has. */
async function followToEnd(client: ApiClient, id: string, quiet: boolean): Promise<PipelineView> {
  const leave = new AbortController()
  // Events first, so that nothing happens between the first look and the first event.
  const events = await client.stream('/events', leave.signal)
  const told = new Set<string>()
  const look = async () => {
    const view = await client.get(`/pipelines/${id}`, pipelineViewSchema)
    for (const { id: job, name, state, reason, endedAt } of view.jobs) {
      if (endedAt === null || told.has(job)) continue
      told.add(job)
      if (!quiet) process.stdout.write(`  ${name}: ${state}${reason ? ` (${reason})` : ''}\n`)
    }
    return view
  }
  try {
    let view = await look()
    for await (const chunk of events.body ?? []) {
      if (view.state !== 'running') break
      const text = Buffer.from(chunk).toString('utf8')
      if (text.includes(id) || text.includes('event: reset')) view = await look()
      if (view.state !== 'running') break
    }
    if (!quiet) process.stdout.write(`pipeline ${view.state}\n`)
    return view
  } finally {
    leave.abort()
  }
}
