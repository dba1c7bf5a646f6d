import { Command } from 'commander'
import { z } from 'zod'
import { type MergeRequestView, mergeRequestViewSchema } from '../../api/index.ts'
import { ago, print } from '../output/print.ts'
import { table } from '../output/table.ts'
import { remote } from '../remote/settings.ts'

interface Json {
  readonly json?: boolean
}

interface Create extends Json {
  readonly source: string
  readonly target?: string
  readonly description?: string
  readonly label?: readonly string[]
  readonly draft?: boolean
  readonly whenSucceeded?: boolean
}

interface Merge extends Json {
  readonly fastForward?: boolean
  readonly mergeCommit?: boolean
  readonly head?: string
}

export function mrCommand(): Command {
  const command = new Command('mr').description('merge requests: branches that are to become part of another')
  command
    .command('create')
    .description('ask for a branch to be merged; its pipelines know the request')
    .argument('<project>')
    .argument('<title>')
    .requiredOption('--source <branch>', 'what is to be merged')
    .option('--target <branch>', 'into what; the default branch where absent')
    .option('--description <text>', 'more about it')
    .option('--label <name...>', 'labels, which rules may ask for')
    .option('--draft', 'not to be merged yet')
    .option('--when-succeeded', 'merges only once its pipeline has succeeded')
    .option('--json', 'for machines')
    .action(create)
  command
    .command('list')
    .description('the newest of a project')
    .argument('<project>')
    .option('--state <state>', 'open, merged or closed')
    .option('--json', 'for machines')
    .action(list)
  command
    .command('show')
    .description('one, its pipeline, and what is in its way')
    .argument('<project>')
    .argument('<number>')
    .option('--json', 'for machines')
    .action(show)
  command
    .command('merge')
    .description('bring its branch into its target')
    .argument('<project>')
    .argument('<number>')
    .option('--fast-forward', 'only if the target has not moved on')
    .option('--merge-commit', 'make a commit of both even if it has not')
    .option('--head <commit>', 'only if this is its head')
    .option('--json', 'for machines')
    .action(merge)
  command
    .command('close')
    .description('leave it unmerged')
    .argument('<project>')
    .argument('<number>')
    .option('--json', 'for machines')
    .action(close)
  return command
}

const pathOf = (project: string, number?: string) =>
  `/projects/${encodeURIComponent(project)}/merge-requests${number === undefined ? '' : `/${encodeURIComponent(number.replace(/^!/, ''))}`}`

async function create(project: string, title: string, options: Create): Promise<void> {
  const body = {
    title,
    source: options.source,
    ...(options.target && { target: options.target }),
    ...(options.description && { description: options.description }),
    labels: options.label ?? [],
    draft: options.draft ?? false,
    needsSuccess: options.whenSucceeded ?? false,
  }
  const made = await (await remote()).send('POST', pathOf(project), body, mergeRequestViewSchema)
  print(made, options.json, describe)
}

async function list(project: string, { state, json }: Json & { readonly state?: string }): Promise<void> {
  const query = state === undefined ? '' : `?state=${encodeURIComponent(state)}`
  const found = await (await remote()).get(`${pathOf(project)}${query}`, z.array(mergeRequestViewSchema))
  print(found, json, all =>
    table(
      ['#', 'STATE', 'TITLE', 'FROM', 'INTO', 'PIPELINE', 'BY', 'WHEN'],
      all.map(request => [
        `!${request.number}`,
        request.draft && request.state === 'open' ? 'draft' : request.state,
        request.title.slice(0, 50),
        request.source,
        request.target,
        request.pipeline ? `#${request.pipeline.number} ${request.pipeline.state}` : '–',
        request.author,
        ago(request.createdAt),
      ]),
    ),
  )
}

async function show(project: string, number: string, { json }: Json): Promise<void> {
  print(await (await remote()).get(pathOf(project, number), mergeRequestViewSchema), json, describe)
}

async function merge(project: string, number: string, options: Merge): Promise<void> {
  const method = options.fastForward ? 'fast-forward' : options.mergeCommit ? 'merge' : undefined
  const body = { ...(method && { method }), ...(options.head && { head: options.head }) }
  const path = `${pathOf(project, number)}/merge`
  print(await (await remote()).send('POST', path, body, mergeRequestViewSchema), options.json, describe)
}

async function close(project: string, number: string, { json }: Json): Promise<void> {
  const path = `${pathOf(project, number)}/close`
  print(await (await remote()).send('POST', path, {}, mergeRequestViewSchema), json, describe)
}

function describe(request: MergeRequestView): string {
  const { project, number, state, title, source, target, head, pipeline, conflicts, external } = request
  const lines = [
    `${project}!${number}: ${request.draft && state === 'open' ? 'draft' : state}${external ? ` (${external})` : ''}`,
    title,
    `${source} (${head.slice(0, 8)}) into ${target}`,
    pipeline ? `pipeline #${pipeline.number}: ${pipeline.state}` : 'no pipeline',
  ]
  if (conflicts && conflicts.length > 0) lines.push(`both sides changed ${conflicts.join(', ')}`)
  if (request.needsSuccess && state === 'open') lines.push('merges once its pipeline has succeeded')
  return lines.join('\n')
}
