import { Command } from 'commander'
import { type ApiClient, type LogTimes, logTimeAt, logTimesSchema } from '../../api/index.ts'
import { StampedLines } from '../remote/log-lines.ts'
import { latestAttempt } from '../remote/pipelines.ts'
import { remote } from '../remote/settings.ts'

interface Options {
  readonly follow?: boolean
  readonly timestamps?: boolean
  readonly offset: string
}

export function logsCommand(): Command {
  return new Command('logs')
    .description("a job's log: whole, from a byte offset, or followed live")
    .argument('<pipeline>', 'id, or project#number')
    .argument('<job>', 'its name')
    .option('-f, --follow', 'stay until the attempt ends')
    .option('-t, --timestamps', 'begin each line with the time at which it arrived')
    .option('--offset <bytes>', 'begin at this byte', '0')
    .action(run)
}

async function run(pipeline: string, job: string, options: Options): Promise<void> {
  const client = await remote()
  const { id } = await latestAttempt(client, pipeline, job)
  const offset = Number(options.offset)
  const output = options.timestamps ? new TimedOutput(client, id, offset) : plainOutput
  if (options.follow) await follow(await client.stream(`/attempts/${id}/log/stream?offset=${offset}`), output)
  else {
    const response = await client.stream(`/attempts/${id}/log?offset=${offset}`)
    for await (const chunk of response.body ?? []) await output.write(chunk)
  }
  await output.end()
}

interface Output {
  write(bytes: Uint8Array): Promise<void>
  end(): Promise<void>
}

const plainOutput: Output = {
  write: async bytes => void process.stdout.write(bytes),
  end: async () => undefined,
}

/** Asks for times whenever bytes came that are younger than those it knows: they are written before the bytes. */
class TimedOutput implements Output {
  readonly #client: ApiClient
  readonly #attempt: string
  readonly #lines: StampedLines
  #offset: number
  #times: LogTimes = []

  constructor(client: ApiClient, attempt: string, offset: number) {
    this.#client = client
    this.#attempt = attempt
    this.#offset = offset
    this.#lines = new StampedLines(offset, at => logTimeAt(this.#times, at))
  }

  async write(bytes: Uint8Array): Promise<void> {
    this.#offset += bytes.length
    const known = this.#times.at(-1)?.[0] ?? 0
    const path = `/attempts/${this.#attempt}/log/times?offset=${known}`
    const { times } = await this.#client.get(path, logTimesSchema)
    this.#times = [...this.#times.filter(([from]) => from < known), ...times]
    process.stdout.write(this.#lines.push(bytes))
  }

  async end(): Promise<void> {
    process.stdout.write(this.#lines.end())
  }
}

/** Decodes the event stream: `log` events carry base64, `end` ends it. */
async function follow(response: Response, output: Output): Promise<void> {
  const decoder = new TextDecoder()
  let pending = ''
  for await (const chunk of response.body ?? []) {
    pending += decoder.decode(chunk, { stream: true })
    const events = pending.split('\n\n')
    pending = events.pop() ?? ''
    for (const event of events) {
      if (event.includes('event: end')) return
      const data = /^data: (.*)$/m.exec(event)?.[1]
      if (event.includes('event: log') && data)
        await output.write(Buffer.from((JSON.parse(data) as { base64: string }).base64, 'base64'))
    }
  }
}
