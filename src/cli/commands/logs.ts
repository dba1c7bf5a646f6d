import { Command } from 'commander'
import { latestAttempt } from '../remote/pipelines.ts'
import { remote } from '../remote/settings.ts'

interface Options {
  readonly follow?: boolean
  readonly offset: string
}

export function logsCommand(): Command {
  return new Command('logs')
    .description("a job's log: whole, from a byte offset, or followed live")
    .argument('<pipeline>', 'id, or project#number')
    .argument('<job>', 'its name')
    .option('-f, --follow', 'stay until the attempt ends')
    .option('--offset <bytes>', 'begin at this byte', '0')
    .action(run)
}

async function run(pipeline: string, job: string, { follow, offset }: Options): Promise<void> {
  const client = await remote()
  const attempt = await latestAttempt(client, pipeline, job)
  if (!follow) {
    const response = await client.stream(`/attempts/${attempt.id}/log?offset=${Number(offset)}`)
    for await (const chunk of response.body ?? []) process.stdout.write(chunk)
    return
  }
  await followLog(await client.stream(`/attempts/${attempt.id}/log/stream?offset=${Number(offset)}`))
}

/** Decodes the event stream: `log` events carry base64, `end` ends it. */
async function followLog(response: Response): Promise<void> {
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
        process.stdout.write(Buffer.from((JSON.parse(data) as { base64: string }).base64, 'base64'))
    }
  }
}
