import { createReadStream } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { Command, Option } from 'commander'
import { meSchema } from '../../api/index.ts'
import { parseDuration } from '../../core/index.ts'
import { print } from '../output/print.ts'
import { loginOf, remote } from '../remote/settings.ts'
import { sendFeedback } from '../requests/feedback.ts'

interface Flags {
  readonly model?: string
  readonly environment?: string
  readonly url?: string
  readonly token?: string
  readonly tokenFile?: string
  readonly timeout: number
  readonly json?: boolean
}

const TIMEOUT_MS = 60_000

export function feedbackCommand(): Command {
  return new Command('feedback')
    .description(
      'tell what was right: labels, scores or rewards of requests by their ids, however much later',
    )
    .argument('<file>', 'a line of JSON each, such as {"id":"…","label":"cat"}; - for standard input')
    .option('--model <name>', 'of lines that name none; ids need none where they are unique')
    .option('--environment <name>', 'of lines that name none')
    .option(
      '--url <url>',
      'a gateway, such as http://127.0.0.1:7421; default: that of the server one is logged in at',
    )
    .option('--token <token>', 'of the scope predict')
    .option('--token-file <file>', 'read the token from a file')
    .addOption(
      new Option('--timeout <duration>', 'for each thousand lines')
        .argParser(parseDuration)
        .default(TIMEOUT_MS, '60s'),
    )
    .option('--json', 'for machines')
    .action(run)
}

async function run(file: string, flags: Flags): Promise<void> {
  const { model, environment, timeout, json } = flags
  const counts = await sendFeedback(file === '-' ? process.stdin : createReadStream(file), {
    ...(await gatewayOf(flags)),
    defaults: { ...(model !== undefined && { model }), ...(environment !== undefined && { environment }) },
    timeoutMs: timeout,
  })
  print({ counts }, json, describe)
}

async function gatewayOf({
  url,
  token,
  tokenFile,
}: Flags): Promise<{ readonly url: string; readonly token: string | undefined }> {
  const own = token ?? (tokenFile === undefined ? undefined : (await readFile(tokenFile, 'utf8')).trim())
  if (url !== undefined) return { url: url.replace(/\/+$/, ''), token: own }
  const { server } = await (await remote()).get('/me', meSchema)
  return { url: server.gatewayUrl.replace(/\/+$/, ''), token: own ?? (await loginOf()).token }
}

const MEANINGS: ReadonlyMap<string, string> = new Map([
  ['joined', 'joined with their requests, and counted'],
  ['repeated', 'known before'],
  ['conflicting', 'left out: something else was told of the same request before'],
  ['waiting', 'of requests that this gateway does not know; kept for a day'],
  ['not logged', 'of requests that the sample leaves out'],
  ['full', 'left out: too much waits for its request'],
])

function describe({ counts }: { readonly counts: Readonly<Record<string, number>> }): string {
  const lines = Object.entries(counts).map(
    ([outcome, count]) => `${count}  ${MEANINGS.get(outcome) ?? outcome}`,
  )
  return lines.length === 0 ? 'There was nothing to tell.' : lines.join('\n')
}
