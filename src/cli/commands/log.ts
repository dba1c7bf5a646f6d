import { Command } from 'commander'
import { z } from 'zod'
import { type LogEntry, logSchema, servingIntervalSchema } from '../../api/index.ts'
import { BallastError } from '../../core/index.ts'
import { print } from '../output/print.ts'
import { remote } from '../remote/settings.ts'
import { describeLog, describeServing } from '../versions/describe.ts'

interface Options {
  readonly environment?: string
  readonly alias?: string
  readonly at?: string
  readonly serving?: boolean
  readonly limit: string
  readonly json?: boolean
}

const PAGE = 200

export function logCommand(): Command {
  return new Command('log')
    .description('versions of a model, what served when and by whose decision; newest first')
    .argument('<model>')
    .option('--environment <name>', 'only what happened there')
    .option('--alias <name>', 'only what happened to it')
    .option('--serving', 'as a table of times: what served from when until when')
    .option('--at <time>', 'what served at that time, such as 2026-11-01T12:00')
    .option('--limit <n>', 'at most so many entries', '50')
    .option('--json', 'for machines')
    .action(run)
}

async function run(model: string, options: Options): Promise<void> {
  const { environment, alias, at, serving, json } = options
  const path = `/models/${encodeURIComponent(model)}`
  const query = new URLSearchParams({
    ...(environment !== undefined && { environment }),
    ...(alias !== undefined && { alias }),
  })
  if (at === undefined && !serving) {
    const entries = await logOf(path, query, limitOf(options.limit))
    print(entries, json, describeLog)
    return
  }
  if (at !== undefined) query.set('at', timeOf(at))
  const intervals = await (await remote()).get(`${path}/serving?${query}`, z.array(servingIntervalSchema))
  print(intervals, json, all => describeServing(all))
}

async function logOf(path: string, query: URLSearchParams, limit: number): Promise<readonly LogEntry[]> {
  const client = await remote()
  const entries: LogEntry[] = []
  while (entries.length < limit) {
    query.set('limit', String(Math.min(PAGE, limit - entries.length)))
    const page = await client.get(`${path}/log?${query}`, logSchema)
    entries.push(...page.entries)
    if (page.next === null) break
    query.set('before', page.next)
  }
  return entries
}

function limitOf(text: string): number {
  const limit = Number(text)
  if (Number.isInteger(limit) && limit >= 1 && limit <= 100_000) return limit
  throw new BallastError('ARGUMENT_INVALID', {
    message: `--limit is '${text}'`,
    hint: 'It is a whole number from 1, such as --limit 20.',
  })
}

/** In UTC, where it does not say. */
function timeOf(text: string): string {
  const full = /^\d{4}-\d\d-\d\d$/.test(text) ? `${text}T00:00` : text
  const zoned = /(?:Z|[+-]\d\d:\d\d)$/.test(full) ? full : `${full}Z`
  const time = /^\d{4}-\d\d-\d\dT/.test(zoned) ? Date.parse(zoned) : Number.NaN
  if (Number.isFinite(time)) return new Date(time).toISOString()
  throw new BallastError('ARGUMENT_INVALID', {
    message: `--at is '${text}', which is no time`,
    hint: 'Such as 2026-11-01, 2026-11-01T12:00 or 2026-11-01T12:00:00+01:00; UTC where it does not say.',
  })
}
