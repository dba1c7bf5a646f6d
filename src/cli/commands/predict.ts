import { realpathSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { Command, InvalidArgumentError, Option } from 'commander'
import { meSchema } from '../../api/index.ts'
import { BallastError, inParallel, parseDuration } from '../../core/index.ts'
import { hasUnicode } from '../output/bar.ts'
import { endWithReader } from '../output/pipe.ts'
import { type Answered, describeAnswers } from '../predict/describe.ts'
import { askEndpoint, checked, type Endpoint, endpointOf } from '../predict/endpoint.ts'
import { type Input, readInput, textInput } from '../predict/inputs.ts'
import { isLocalModel, openLocal } from '../predict/local.ts'
import { loginOf, remote } from '../remote/settings.ts'

interface Flags {
  readonly text?: readonly string[]
  readonly url?: string
  readonly type?: string
  readonly version?: number
  readonly environment?: string
  readonly token?: string
  readonly tokenFile?: string
  readonly timeout: number
  readonly json?: boolean
}

/** What answers one input. */
interface Answerer {
  ask(input: Input): Promise<{ readonly contentType: string; readonly body: Buffer }>
  close(): Promise<void>
}

/** A person waits: more at once would not be read any sooner. */
const AT_ONCE = 8
const TIMEOUT_MS = 60_000

/** `script` is what a model's process is started with. */
export function predictCommand(script: string = process.argv[1] ?? ''): Command {
  return new Command('predict')
    .description('ask a model: images, texts, tables, arrays or inference requests')
    .argument(
      '<model>',
      'a name on the server, an address (http://…), or a model file or folder of this machine',
    )
    .argument('[inputs...]', 'images, .txt, .csv, .json, .jsonl, .npy, .npz; - for standard input')
    .option('--text <text>', 'a text as input; may be given again', (text, all: readonly string[] = []) => [
      ...all,
      text,
    ])
    .option(
      '--url <url>',
      'a gateway, such as http://127.0.0.1:7421; default: that of the server one is logged in at',
    )
    .option('--type <type>', "content type of the inputs, where a file's name does not tell")
    .option('--version <n>', 'this version, not the one in production', positive)
    .option('--environment <name>', 'default: production')
    .option('--token <token>', 'of the scope predict')
    .option('--token-file <file>', 'read the token from a file')
    .addOption(
      new Option('--timeout <duration>', 'for each answer')
        .argParser(parseDuration)
        .default(TIMEOUT_MS, '60s'),
    )
    .option('--json', 'the answers as they are')
    .action((model: string, inputs: readonly string[], flags: Flags) => run(model, inputs, flags, script))
}

async function run(model: string, files: readonly string[], flags: Flags, script: string): Promise<void> {
  endWithReader()
  const inputs = [
    ...(flags.text ?? []).map(textInput),
    ...(await Promise.all(files.map(file => readInput(file, flags.type)))),
  ]
  if (inputs.length === 0) {
    throw new BallastError('ARGUMENT_MISSING', {
      message: 'There is nothing to ask the model',
      hint: 'Name an image or another file, - for standard input, or give --text.',
    })
  }
  const answerer = await answererOf(model, flags, script)
  try {
    const answers: Answered[] = []
    await inParallel(inputs, AT_ONCE, async (input, index) => {
      answers[index] = await answered(input, answerer)
    })
    print(answers, flags.json === true)
  } finally {
    await answerer.close()
  }
}

async function answered(input: Input, answerer: Answerer): Promise<Answered> {
  const started = performance.now()
  const { contentType, body } = await answerer.ask(input)
  const ms = performance.now() - started
  const text = body.toString('utf8')
  return { input: input.name, ms, answer: contentType.includes('json') ? JSON.parse(text) : text }
}

function print(answers: readonly Answered[], json: boolean): void {
  if (!json) {
    process.stdout.write(`${describeAnswers(answers, hasUnicode())}\n`)
    return
  }
  const values = answers.map(({ input, answer }) => (answers.length === 1 ? answer : { input, answer }))
  process.stdout.write(`${JSON.stringify(values.length === 1 ? values[0] : values, null, 2)}\n`)
}

async function answererOf(model: string, flags: Flags, script: string): Promise<Answerer> {
  const { url, version, environment, timeout } = flags
  if (url === undefined && !/^https?:\/\//i.test(model) && (await isLocalModel(model))) {
    return localAnswerer(model, flags, script)
  }
  const { endpoint, token } = await remoteEndpoint(model, flags)
  const options = { version, environment, token }
  return { ask: input => askEndpoint(endpoint, input, options, timeout), close: async () => undefined }
}

async function remoteEndpoint(
  model: string,
  flags: Flags,
): Promise<{ readonly endpoint: Endpoint; readonly token: string | undefined }> {
  const { url, version } = flags
  const token =
    flags.token ?? (flags.tokenFile && (await readFile(flags.tokenFile, 'utf8')).trim()) ?? undefined
  if (/^https?:\/\//i.test(model)) return { endpoint: endpointOf(model, undefined, version), token }
  if (url !== undefined) return { endpoint: endpointOf(url, model, version), token }
  const { server } = await (await remote()).get('/me', meSchema)
  // The server's own gateway: the token that the server knows is for it as well.
  return {
    endpoint: endpointOf(server.gatewayUrl, model, version),
    token: token ?? (await loginOf()).token,
  }
}

async function localAnswerer(path: string, { timeout }: Flags, script: string): Promise<Answerer> {
  const local = await openLocal(path, realpathSync(script), line => process.stderr.write(`${line}\n`))
  return {
    async ask({ path, headers, body }) {
      const protocol = path === 'infer' ? 'oip' : 'plain'
      return checked(await local.replica.ask({ protocol, headers, body, timeoutMs: timeout }))
    },
    close: () => local.close(),
  }
}

function positive(text: string): number {
  const value = Number(text)
  if (Number.isInteger(value) && value >= 1 && value < 1e9) return value
  throw new InvalidArgumentError('Expected a whole number above 0.')
}
