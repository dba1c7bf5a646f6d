/**
 * Load on a replica's own socket, as a gateway gives it: one connection, N requests under way, each followed by the
 * next as soon as it is answered. With `status`, the replica is asked how it is every 5 ms beside it. Prints one line
 * of JSON.
 *
 *   node frame-load.ts <<< '{"socket":…,"headers":{…},"body":"<base64>","connections":32,"ms":2000,"status":false}'
 */
import { readFileSync } from 'node:fs'
import { FrameClient, headerBlock } from '../../../src/inference/frames/index.ts'
import { type LoadResult, resultOf } from '../../predictions/result.ts'

interface Plan {
  readonly socket: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
  readonly connections: number
  readonly ms: number
  readonly status: boolean
}

export interface FrameLoadResult extends LoadResult {
  /** Of the status, milliseconds. */
  readonly status: { readonly p50: number; readonly p99: number; readonly max: number }
}

const plan = JSON.parse(readFileSync(0, 'utf8')) as Plan
const client = await FrameClient.open({ kind: 'unix', path: plan.socket })
const body = Buffer.from(plan.body, 'base64')
const headers = headerBlock(plan.headers)
const latencies: number[] = []
const statuses: number[] = []
let failures = 0
const started = performance.now()
const until = started + plan.ms
const asking = setInterval(() => {
  if (!plan.status) return
  const sentAt = performance.now()
  client.request('status', 10_000).then(
    () => statuses.push(performance.now() - sentAt),
    () => {
      // The last one is under way when the connection closes.
    },
  )
}, 5)
await Promise.all(Array.from({ length: plan.connections }, lane))
clearInterval(asking)
const { p50, p99, max } = resultOf(statuses, 0, started)
const result: FrameLoadResult = { ...resultOf(latencies, failures, started), status: { p50, p99, max } }
process.stdout.write(`${JSON.stringify(result)}\n`)
client.close()

function lane(): Promise<void> {
  return new Promise(resolve => {
    const send = (): void => {
      const sentAt = performance.now()
      if (sentAt >= until) {
        resolve()
        return
      }
      client.ask(
        { operation: 'infer', timeoutMs: 20_000, headers, body: [body], bodyBytes: body.length },
        answer => {
          latencies.push(performance.now() - sentAt)
          if (answer instanceof Error || answer.status !== 200) failures++
          send()
        },
      )
    }
    send()
  })
}
