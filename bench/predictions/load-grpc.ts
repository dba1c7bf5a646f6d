/**
 * As load.ts, for one unary call of gRPC with a fixed message: N calls under way over one HTTP/2 connection.
 *
 *   node load-grpc.ts <<< '{"port":…,"path":"/inference.GRPCInferenceService/ModelInfer","body":"<base64>","connections":32,"ms":2000}'
 */
import { readFileSync } from 'node:fs'
import { connect } from 'node:http2'
import { resultOf } from './result.ts'

interface Plan {
  readonly port: number
  readonly path: string
  /** The message. */
  readonly body: string
  /** Calls under way. */
  readonly connections: number
  readonly ms: number
}

const plan = JSON.parse(readFileSync(0, 'utf8')) as Plan
const message = Buffer.from(plan.body, 'base64')
const framed = Buffer.alloc(5 + message.length)
framed.writeUInt32BE(message.length, 1)
message.copy(framed, 5)
const headers = {
  ':method': 'POST',
  ':path': plan.path,
  'content-type': 'application/grpc',
  te: 'trailers',
}
const session = connect(`http://127.0.0.1:${plan.port}`)
const latencies: number[] = []
let failures = 0
const started = performance.now()
const until = started + plan.ms
await Promise.all(Array.from({ length: plan.connections }, lane))
session.destroy()
process.stdout.write(`${JSON.stringify(resultOf(latencies, failures, started))}\n`)

async function lane(): Promise<void> {
  while (performance.now() < until) {
    const sentAt = performance.now()
    if (!(await call())) failures++
    latencies.push(performance.now() - sentAt)
  }
}

/** Whether it ended well. */
function call(): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const stream = session.request(headers)
    let status: unknown
    stream.on('trailers', trailers => {
      status = trailers['grpc-status']
    })
    stream.on('error', reject)
    stream.on('close', () => resolve(Number(status) === 0))
    stream.resume()
    stream.end(framed)
  })
}
