import { Command } from 'commander'
import { z } from 'zod'
import { type ScheduleView, scheduleRunSchema, scheduleViewSchema } from '../../api/index.ts'
import { BallastError } from '../../core/index.ts'
import { ago, print } from '../output/print.ts'
import { table } from '../output/table.ts'
import { inputsOf, variablesOf } from '../remote/pairs.ts'
import { remote } from '../remote/settings.ts'

interface Json {
  readonly json?: boolean
}

interface Add extends Json {
  readonly cron: string
  readonly timeZone: string
  readonly ref?: string
  readonly var?: readonly string[]
  readonly input?: readonly string[]
}

export function scheduleCommand(): Command {
  const command = new Command('schedule').description('schedules: pipelines that start at their times')
  command
    .command('add')
    .description('run a pipeline again and again, with your rights')
    .argument('<project>')
    .argument('<description>', 'what it is for')
    .requiredOption('--cron <pattern>', "minute, hour, day, month, weekday: '0 3 * * 1-5'; or @daily")
    .option('--time-zone <name>', 'of the pattern, such as Europe/Berlin', 'UTC')
    .option('--ref <name>', 'branch or tag; the default branch where absent')
    .option('--var <NAME=value...>', 'a variable, over every other of that name')
    .option('--input <name=value...>', 'an input of the pipeline')
    .option('--json', 'for machines')
    .action(add)
  command
    .command('list')
    .description('schedules of a project, when they run next, and what came of the last run')
    .argument('<project>')
    .option('--json', 'for machines')
    .action(list)
  for (const [name, text, action] of [
    ['remove', 'forget one', remove],
    ['pause', 'let one rest', (project: string, id: string) => setActive(project, id, false)],
    [
      'resume',
      'let one go on, with your rights',
      (project: string, id: string) => setActive(project, id, true),
    ],
    ['run', 'run one at once, beside its times', run],
  ] as const)
    command.command(name).description(text).argument('<project>').argument('<id>').action(action)
  return command
}

const pathOf = (project: string, id?: string) =>
  `/projects/${encodeURIComponent(project)}/schedules${id === undefined ? '' : `/${encodeURIComponent(id)}`}`

async function add(project: string, description: string, options: Add): Promise<void> {
  const body = {
    description,
    cron: options.cron,
    timeZone: options.timeZone,
    ...(options.ref && { ref: options.ref }),
    variables: variablesOf(options.var),
    inputs: inputsOf(options.input),
  }
  const made = await (await remote()).send('POST', pathOf(project), body, scheduleViewSchema)
  print(made, options.json, ({ id, nextRunAt }) => `${id} runs next at ${nextRunAt}.`)
}

async function list(project: string, { json }: Json): Promise<void> {
  const schedules = await (await remote()).get(pathOf(project), z.array(scheduleViewSchema))
  print(schedules, json, all =>
    all.length === 0
      ? `No schedules yet: \`ballast schedule add ${project} NAME --cron '0 3 * * *'\`.`
      : table(['ID', 'WHAT', 'WHEN', 'REF', 'OWNER', 'NEXT', 'LAST', 'OUTCOME'], all.map(rowOf)),
  )
}

function rowOf(schedule: ScheduleView): readonly string[] {
  return [
    schedule.id,
    schedule.description.slice(0, 40),
    `${schedule.cron} ${schedule.timeZone}`,
    schedule.ref.replace(/^refs\/(heads|tags)\//, ''),
    schedule.owner,
    schedule.active ? (schedule.nextRunAt ?? 'never') : 'paused',
    ago(schedule.lastRunAt),
    schedule.lastOutcome ?? '–',
  ]
}

async function remove(project: string, id: string): Promise<void> {
  await (await remote()).tell('DELETE', pathOf(project, id))
  process.stdout.write(`Removed ${id}.\n`)
}

async function setActive(project: string, id: string, active: boolean): Promise<void> {
  const client = await remote()
  const all = await client.get(pathOf(project), z.array(scheduleViewSchema))
  const found = all.find(schedule => schedule.id === id)
  if (!found)
    throw new BallastError('SCHEDULE_UNKNOWN', {
      message: `${project} has no schedule '${id}'`,
      hint: `\`ballast schedule list ${project}\` has their ids.`,
    })
  const { description, cron, timeZone, ref, variables, inputs } = found
  const body = { description, cron, timeZone, ref, variables, inputs, active }
  const changed = await client.send('PUT', pathOf(project, id), body, scheduleViewSchema)
  process.stdout.write(active ? `${id} runs next at ${changed.nextRunAt}.\n` : `${id} rests.\n`)
}

async function run(project: string, id: string): Promise<void> {
  const { outcome } = await (await remote()).send('POST', `${pathOf(project, id)}/run`, {}, scheduleRunSchema)
  process.stdout.write(`${outcome}\n`)
}
