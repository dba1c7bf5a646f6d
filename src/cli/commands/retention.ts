import { Command } from 'commander'
import { z } from 'zod'
import {
  type RetentionReport,
  type RetentionView,
  retentionReportSchema,
  retentionViewSchema,
} from '../../api/index.ts'
import { BallastError } from '../../core/index.ts'
import { ago, print } from '../output/print.ts'
import { table } from '../output/table.ts'
import { remote } from '../remote/settings.ts'

const answerSchema = z.object({ policy: retentionViewSchema, models: z.array(retentionReportSchema) })

interface ScopeOptions {
  readonly project?: string
}

interface SetOptions extends ScopeOptions {
  readonly keepLast?: string
  readonly keepDays?: string
  readonly keepParents?: string
  readonly dryRun?: boolean
  readonly json?: boolean
}

export function retentionCommand(): Command {
  const command = new Command('retention').description(
    'how long the bytes of versions are kept; what serves, is kept for a rollback, has a name or is signed always is',
  )
  command
    .command('list')
    .description('the policies that you may read')
    .option('--json', 'for machines')
    .action(list)
  command
    .command('set')
    .description('set the policy of a model, or of all models of a project')
    .argument('[model]')
    .option('--project <name>', 'all its models that have no policy of their own')
    .option('--keep-last <n>', 'the newest so many')
    .option('--keep-days <n>', 'those of the last so many days')
    .option('--keep-parents <n>', 'so many steps of ancestors of what is used')
    .option('--dry-run', 'only show what would go')
    .option('--json', 'for machines')
    .action(set)
  command
    .command('remove')
    .description('keep everything again; what has expired stays expired')
    .argument('[model]')
    .option('--project <name>')
    .action(remove)
  return command
}

async function list({ json }: { readonly json?: boolean }): Promise<void> {
  const policies = await (await remote()).get('/retention', z.array(retentionViewSchema))
  print(policies, json, all =>
    all.length === 0
      ? 'No policies: every version is kept.'
      : table(['PROJECT', 'MODEL', 'LAST', 'DAYS', 'PARENTS', 'SET', 'BY'], all.map(rowOf)),
  )
}

function rowOf({ project, model, rules, setAt, setBy }: RetentionView): readonly string[] {
  const shown = (value: number | undefined) => (value === undefined ? '–' : String(value))
  const { keepLast, keepDays, keepParents } = rules
  return [project, model ?? 'all', shown(keepLast), shown(keepDays), shown(keepParents), ago(setAt), setBy]
}

async function set(model: string | undefined, options: SetOptions): Promise<void> {
  const { project, keepLast, keepDays, keepParents, dryRun = false, json } = options
  const rules = {
    ...numberOf('keepLast', keepLast),
    ...numberOf('keepDays', keepDays),
    ...numberOf('keepParents', keepParents),
  }
  const body = { ...scopeOf(model, project), rules, dryRun }
  const answer = await (await remote()).send('PUT', '/retention', body, answerSchema)
  print(answer, json, ({ models }) => models.map(report => describe(report, dryRun)).join('\n'))
}

function numberOf(name: string, text: string | undefined): Readonly<Record<string, number>> {
  if (text === undefined) return {}
  if (/^\d{1,9}$/.test(text)) return { [name]: Number(text) }
  throw new BallastError('ARGUMENT_INVALID', {
    message: `'${text}' is no whole number`,
    hint: 'Such as --keep-last 20.',
  })
}

function scopeOf(model: string | undefined, project: string | undefined) {
  if ((model === undefined) === (project === undefined))
    throw new BallastError('ARGUMENT_INVALID', {
      message: 'A policy is for one model, or for the models of one project',
      hint: 'Give the name of a model, or --project.',
    })
  return { ...(model !== undefined && { model }), ...(project !== undefined && { project }) }
}

function describe({ model, versions }: RetentionReport, dryRun: boolean): string {
  const going = versions.filter(({ keep }) => !keep)
  const what = dryRun ? 'would expire' : 'expired'
  const head = `${model}: ${going.length} of ${versions.length} versions ${what}`
  const rows = versions.map(({ number, keep, reason }) => [`  v${number}`, keep ? 'kept' : what, reason])
  return versions.length === 0 ? `${model}: no versions` : `${head}\n${table(['  VERSION', '', 'WHY'], rows)}`
}

async function remove(model: string | undefined, { project }: ScopeOptions): Promise<void> {
  const query = new URLSearchParams(scopeOf(model, project))
  await (await remote()).tell('DELETE', `/retention?${query}`)
  process.stdout.write(`${model ?? project}: every version that is there is kept\n`)
}
