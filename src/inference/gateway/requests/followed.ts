import type { RequestsQuery } from '../../../api/index.ts'
import type { RequestLog } from './request-log.ts'
import { type Block, isWanted } from './wanted.ts'

/** Lines that a follower has not taken; more are left out, and it is told how many. */
const MAX_BEHIND_CHARACTERS = 16 * 2 ** 20

/** Requests that are written from now on, until `signal`. */
export async function* followed(
  log: RequestLog,
  query: RequestsQuery,
  signal: AbortSignal,
): AsyncGenerator<Block> {
  let block = { text: '', records: 0 }
  let lost = 0
  let wake: () => void = () => {}
  const stop = (): void => wake()
  const off = log.written.on(({ log: { environment, model }, entries }) => {
    if (model !== query.model || (query.environment ?? environment) !== environment) return
    for (const { json } of entries) {
      if (!isWanted(json, query)) continue
      if (block.text.length + json.length > MAX_BEHIND_CHARACTERS) lost++
      else block = { text: `${block.text}${json}\n`, records: block.records + 1 }
    }
    wake()
  })
  signal.addEventListener('abort', stop)
  try {
    while (!signal.aborted) {
      const [next, missed] = [block, lost]
      block = { text: '', records: 0 }
      lost = 0
      if (next.records > 0) yield next
      if (missed > 0) yield { text: `${JSON.stringify({ lost: missed })}\n`, records: 1 }
      if (block.records > 0 || lost > 0 || signal.aborted) continue
      await new Promise<void>(resolve => {
        wake = resolve
      })
    }
  } finally {
    off()
    signal.removeEventListener('abort', stop)
  }
}
