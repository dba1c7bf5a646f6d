import type { RequestsQuery } from '../../../api/index.ts'
import { followed } from './followed.ts'
import type { ModelLog, Named } from './model-log.ts'
import type { RequestLog } from './request-log.ts'
import { idIn } from './segments/line.ts'
import { type Block, isWanted } from './wanted.ts'

/** A write for each line would cost more than reading it. */
const BLOCK_CHARACTERS = 64 * 1024

/**
 * Requests as lines of JSON, each with what was told of it: `labels`. Model by model, oldest first; with `follow`, those
 * that are written from now on, until `signal`. Throws when that comes before the end.
 */
export async function* exported(
  log: RequestLog,
  query: RequestsQuery,
  signal: AbortSignal,
): AsyncGenerator<Block> {
  if (query.follow) {
    yield* followed(log, query, signal)
    return
  }
  await log.flush()
  let block = { text: '', records: 0 }
  for (const modelLog of await log.logs(namedIn(query))) {
    for await (const json of modelLog.records.lines(query.since)) {
      signal.throwIfAborted()
      const line = await lineOf(modelLog, json, query)
      if (line === undefined) continue
      block = { text: block.text + line, records: block.records + 1 }
      if (block.text.length < BLOCK_CHARACTERS) continue
      yield block
      block = { text: '', records: 0 }
    }
  }
  if (block.records > 0) yield block
}

function namedIn({ environment, model }: RequestsQuery): Partial<Named> {
  return { model, ...(environment !== undefined && { environment }) }
}

/** Undefined where the query leaves it out. */
async function lineOf({ labels }: ModelLog, json: string, query: RequestsQuery): Promise<string | undefined> {
  const id = idIn(json)
  if (id === undefined || !isWanted(json, query)) return undefined
  const told = await labels.of(id)
  if (told.length === 0) return query.labelled ? undefined : `${json}\n`
  const values = told.map(({ kind, value, at, by }) => ({ kind, value, at, ...(by !== undefined && { by }) }))
  return `${json.slice(0, -1)},"labels":${JSON.stringify(values)}}\n`
}
