import { Command } from 'commander'
import { z } from 'zod'
import { type PipelineView, pipelineSummarySchema, pipelineViewSchema } from '../../api/index.ts'
import { ago, print } from '../output/print.ts'
import { table } from '../output/table.ts'
import { compileCommand } from '../pipeline/compile.ts'
import { startCommand } from '../pipeline/start.ts'
import { pathOf } from '../remote/pipelines.ts'
import { remote } from '../remote/settings.ts'

interface Json {
  readonly json?: boolean
}

export function pipelineCommand(): Command {
  const command = new Command('pipeline').description('pipelines: the runs that pushes start')
  command
    .command('list')
    .description("a project's latest pipelines")
    .argument('<project>')
    .option('--json', 'for machines')
    .action(list)
  command
    .command('show')
    .description('one pipeline, its jobs and what they found')
    .argument('<pipeline>', 'id, or project#number')
    .option('--json', 'for machines')
    .action(show)
  command
    .command('cancel')
    .description('cancel every job that has not ended')
    .argument('<pipeline>', 'id, or project#number')
    .action(cancel)
  command.addCommand(compileCommand())
  command.addCommand(startCommand())
  return command
}

async function list(project: string, { json }: Json): Promise<void> {
  const pipelines = await (await remote()).get(
    `/projects/${encodeURIComponent(project)}/pipelines`,
    z.array(pipelineSummarySchema),
  )
  print(pipelines, json, all =>
    table(
      ['#', 'STATE', 'BRANCH', 'COMMIT', 'TITLE', 'WHEN'],
      all.map(({ number, state, waiting, ref, commit, title, createdAt }) => [
        `${number}`,
        waiting ? `${state}, waiting` : state,
        ref.replace(/^refs\/heads\//, ''),
        commit.slice(0, 8),
        title.slice(0, 50),
        ago(createdAt),
      ]),
    ),
  )
}

async function show(pipeline: string, { json }: Json): Promise<void> {
  print(await (await remote()).get(pathOf(pipeline), pipelineViewSchema), json, describe)
}

function describe({ project, number, state, ref, commit, title, problems, jobs }: PipelineView): string {
  const head = `${project} #${number}: ${state}\n${ref.replace(/^refs\/heads\//, '')} ${commit.slice(0, 8)} ${title}`
  const rows = jobs.map(job => [job.name, job.state, job.reason ?? job.summary[0] ?? '', job.id])
  return [head, ...problems, '', table(['JOB', 'STATE', 'WHY', 'ID'], rows)].join('\n')
}

async function cancel(pipeline: string): Promise<void> {
  const client = await remote()
  const { id } = await client.get(pathOf(pipeline), pipelineViewSchema)
  await client.tell('POST', `/pipelines/${id}/cancel`)
  process.stdout.write(`Canceled ${pipeline}.\n`)
}
