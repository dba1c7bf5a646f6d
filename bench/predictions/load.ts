/**
 * Load generator, a process of its own: sends one fixed request over N keep-alive connections, each as soon as the
 * last was answered, for some milliseconds. Loopback only. It speaks just enough HTTP/1.1 to stay cheap: responses
 * with a content-length. Prints one line of JSON.
 *
 *   node load.ts <<< '{"method":…,"port":…,"path":…,"headers":{…},"body":"<base64>","connections":32,"ms":2000,"pauseMs":0}'
 */
import { readFileSync } from 'node:fs'
import { connect, type Socket } from 'node:net'
import { resultOf } from './result.ts'

interface Plan {
  readonly port: number
  readonly method: string
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
  readonly connections: number
  readonly ms: number
  /** Between an answer and the next request of the same connection. */
  readonly pauseMs: number
}

const plan = JSON.parse(readFileSync(0, 'utf8')) as Plan
const latencies: number[] = []
let failures = 0
const wire = wireOf(plan)
const started = performance.now()
const until = started + plan.ms
await Promise.all(Array.from({ length: plan.connections }, lane))
process.stdout.write(`${JSON.stringify(resultOf(latencies, failures, started))}\n`)

function wireOf({ port, method, path, headers, body }: Plan): Buffer {
  const bytes = Buffer.from(body, 'base64')
  const lines = Object.entries({ host: `127.0.0.1:${port}`, 'content-length': bytes.length, ...headers })
  const head = `${method} ${path} HTTP/1.1\r\n${lines.map(([name, value]) => `${name}: ${value}\r\n`).join('')}\r\n`
  return Buffer.concat([Buffer.from(head), bytes])
}

function lane(): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect({ port: plan.port, host: '127.0.0.1', noDelay: true })
    let sentAt = 0
    let missing = -1
    let head = ''
    const send = () => {
      if (performance.now() >= until) {
        socket.destroy()
        resolve()
        return
      }
      sentAt = performance.now()
      socket.write(wire)
    }
    const answered = () => {
      latencies.push(performance.now() - sentAt)
      missing = -1
      head = ''
      if (plan.pauseMs > 0) setTimeout(send, plan.pauseMs)
      else send()
    }
    socket.on('connect', send)
    socket.on('error', reject)
    socket.on('data', (chunk: Buffer) => {
      if (missing < 0) {
        head += chunk.toString('latin1')
        const end = head.indexOf('\r\n\r\n')
        if (end < 0) return
        if (!head.startsWith('HTTP/1.1 200')) failures++
        const length = Number(/^content-length: (\d+)/im.exec(head)?.[1] ?? 0)
        missing = length - (head.length - end - 4)
      } else missing -= chunk.length
      if (missing <= 0) answered()
    })
    keep(socket)
  })
}

function keep(socket: Socket): void {
  socket.setTimeout(20_000, () => socket.destroy(new Error('no answer within 20 s')))
}
