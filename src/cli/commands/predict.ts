import { readFile } from 'node:fs/promises'
import { text } from 'node:stream/consumers'
import { Command } from 'commander'
import { meSchema } from '../../api/index.ts'
import { BallastError, messageOf } from '../../core/index.ts'
import { remote } from '../remote/settings.ts'

export function predictCommand(): Command {
  return new Command('predict')
    .description('send an image or an inference request to a model')
    .argument('<model>')
    .argument('<file>', 'a JPEG or PNG, a JSON request, or - for standard input')
    .action(run)
}

async function run(model: string, file: string): Promise<void> {
  const client = await remote()
  const { server } = await client.get('/me', meSchema)
  const body = file === '-' ? Buffer.from(await text(process.stdin)) : await read(file)
  const answer = await client.predict(
    `${server.gatewayUrl}/v2/models/${encodeURIComponent(model)}/infer`,
    body,
  )
  process.stdout.write(`${answer}\n`)
}

async function read(file: string): Promise<Buffer> {
  return readFile(file).catch((cause: unknown) => {
    throw new BallastError('FILE_UNREADABLE', {
      message: `Could not read ${file}: ${messageOf(cause)}`,
      hint: 'Check the name.',
      cause,
    })
  })
}
