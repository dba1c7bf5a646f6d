import { Command } from 'commander'
import {
  checkReportSchema,
  collectReportSchema,
  projectUsageSchema,
  storeStatsSchema,
} from '../../api/index.ts'
import { parseDuration, parseSize } from '../../core/index.ts'
import { print } from '../output/print.ts'
import {
  describeCheck,
  describeCollection,
  describeStats,
  describeUsage,
  findingLine,
} from '../registry/describe.ts'
import { reportOf } from '../registry/work.ts'
import { remote } from '../remote/settings.ts'

interface Json {
  readonly json?: boolean
}

export function registryCommand(): Command {
  const command = new Command('registry').description('the store of models: what it holds, and its upkeep')
  command
    .command('stats')
    .description('what is stored, and what saved how much of it')
    .option('--project <name>', 'only what this project holds')
    .option('--json', 'for machines')
    .action(stats)
  command
    .command('gc')
    .description('remove what no version, job or branch needs any more')
    .option('--grace <time>', "what is younger stays, such as 1d (default: the server's, 7d)", parseDuration)
    .option('--dry-run', 'say what would be removed, and remove nothing')
    .option('--json', 'for machines')
    .action(collect)
  command
    .command('fsck')
    .description('compare everything that is stored with its digests; ends with 1 where something is lost')
    .option('--repair', 'mend what can be, set aside what can not')
    .option('--json', 'for machines')
    .action(check)
  command
    .command('quota')
    .description('how much a project holds, and may hold')
    .argument('<project>')
    .argument('[size]', 'such as 100GB, or none')
    .option('--json', 'for machines')
    .action(quota)
  return command
}

async function stats({ project, json }: Json & { readonly project?: string }): Promise<void> {
  const query = project === undefined ? '' : `?project=${encodeURIComponent(project)}`
  print(await (await remote()).get(`/registry/stats${query}`, storeStatsSchema), json, describeStats)
}

interface CollectOptions extends Json {
  /** Milliseconds. */
  readonly grace?: number
  readonly dryRun?: boolean
}

async function collect({ grace, dryRun = false, json }: CollectOptions): Promise<void> {
  const body = { dryRun, ...(grace !== undefined && { graceMs: grace }) }
  const lines = (await remote()).work('/registry/collections', body)
  const report = await reportOf(lines, collectReportSchema)
  print(report, json, value => describeCollection(value, dryRun))
}

async function check({ repair = false, json }: Json & { readonly repair?: boolean }): Promise<void> {
  const lines = (await remote()).work('/registry/checks', { repair })
  const report = await reportOf(lines, checkReportSchema, finding => {
    if (!json) process.stdout.write(`${findingLine(finding)}\n`)
  })
  print(report, json, describeCheck)
  if (report.damaged > 0 || (!repair && report.findings.length > 0)) process.exitCode = 1
}

async function quota(project: string, size: string | undefined, { json }: Json): Promise<void> {
  const path = `/registry/quotas/${encodeURIComponent(project)}`
  const client = await remote()
  const usage =
    size === undefined
      ? await client.get(path, projectUsageSchema)
      : await client.send('PUT', path, { quota: quotaOf(size) }, projectUsageSchema)
  print(usage, json, describeUsage)
}

function quotaOf(size: string): number | null {
  return size === 'none' ? null : parseSize(size)
}
