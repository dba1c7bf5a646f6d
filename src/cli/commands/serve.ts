import { realpathSync } from 'node:fs'
import { Command, InvalidArgumentError } from 'commander'
import { BallastError, parseDuration, parseSize } from '../../core/index.ts'
import { watchInterrupts } from '../run/interrupt.ts'
import { describeEvent, describeSession, summaryOf } from '../serve/describe.ts'
import { openSession, type Session } from '../serve/session.ts'

interface Options {
  readonly port: number
  readonly host: string
  readonly name?: string
  readonly labels?: string
  readonly memory?: number
  readonly idle?: number
  readonly threads?: number
  readonly token?: string
  readonly watch?: boolean
  readonly acceptUnknown?: boolean
  readonly json?: boolean
}

/** `ballast serve`: a model on this machine answers, with no server. `script` starts the replicas. */
export function serveCommand(script: string = process.argv[1] ?? ''): Command {
  return new Command('serve')
    .description('serve a model, or a folder of models, from this machine: no server, nothing to set up')
    .argument('<model>', 'a model of any format, or a folder: of a ballast.yaml, of versions, of models')
    .option('-p, --port <port>', 'where clients connect; 0 takes a free one', portNumber, 7421)
    .option('--host <address>', 'who may connect: 0.0.0.0 for other machines', '127.0.0.1')
    .option('--name <name>', 'what the model is called; default: as its file', modelName)
    .option('--labels <file>', 'a class name a line; default: labels.txt beside the model')
    .option('--memory <size>', 'of all models together, such as 8GiB: those used least sleep', parseSize)
    .option('--idle <duration>', 'a model sleeps after so long without a request, such as 15m', parseDuration)
    .option('--threads <n>', 'within one run; default a quarter of the processors', threadCount)
    .option(
      '--token <secret>',
      'clients must send it as a bearer token; in BALLAST_SERVE_TOKEN it stays out of the list of processes',
      secret,
    )
    .option('--watch', 'load files that change, beside what serves, and switch when they are ready')
    .option('--accept-unknown', 'serve what the scanner can not vouch for')
    .option('--json', 'for machines: a line for what serves, and one for each change')
    .addHelpText(
      'after',
      `
Examples:
  ballast serve model.onnx
  ballast serve classifier.pkl --labels classes.txt
  ballast serve models/ --memory 4GiB --idle 15m --watch`,
    )
    .action((target: string, options: Options) => run(target, options, realpathSync(script)))
}

async function run(target: string, options: Options, script: string): Promise<void> {
  const { json = false } = options
  const given = process.env['BALLAST_SERVE_TOKEN']
  const token = options.token ?? (given === undefined ? undefined : secret(given))
  // No replica inherits it.
  delete process.env['BALLAST_SERVE_TOKEN']
  const say = (line: string): void => {
    if (!json) process.stderr.write(`${line}\n`)
  }
  const interrupts = watchInterrupts(() =>
    say('ending: what is under way is answered; Ctrl-C again ends at once'),
  )
  const session = await open(target, options, { script, token, say })
  const asked = aborted(interrupts.asked)
  try {
    await Promise.race([session.load(), asked])
    if (interrupts.asked.aborted) return
    if (session.versions.length === 0) {
      for (const failure of session.failures) tell(failure, json)
      process.exitCode = 1
      return
    }
    const summary = await summaryOf(session, token)
    process.stdout.write(
      json ? `${JSON.stringify(summary)}\n` : `${describeSession(summary, options.host)}\n`,
    )
    if (options.watch) await session.watch(event => tell(event, json))
    await asked
  } finally {
    interrupts.killed.addEventListener('abort', () => process.exit(130))
    await session.close()
    interrupts.close()
  }
}

interface Surroundings {
  readonly script: string
  readonly token: string | undefined
  readonly say: (line: string) => void
}

async function open(
  target: string,
  options: Options,
  { script, token, say }: Surroundings,
): Promise<Session> {
  const { port, host, name, labels, memory, idle, threads, acceptUnknown = false } = options
  try {
    return await openSession({
      target,
      listen: { host, port },
      command: [process.execPath, script],
      ...(name !== undefined && { name }),
      ...(labels !== undefined && { labels }),
      ...(memory !== undefined && { memoryBytes: memory }),
      ...(idle !== undefined && { idleMs: idle }),
      ...(threads !== undefined && { threads }),
      ...(token !== undefined && { token }),
      acceptUnknown,
      say,
    })
  } catch (error) {
    if (!(error instanceof BallastError) || error.code !== 'PORT_IN_USE') throw error
    throw new BallastError('PORT_IN_USE', {
      message: error.message,
      hint: 'Stop what uses it, or choose another with --port (0 takes a free one).',
      cause: error,
    })
  }
}

function tell(event: Parameters<typeof describeEvent>[0], json: boolean): void {
  process.stdout.write(`${json ? JSON.stringify(event) : describeEvent(event)}\n`)
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise(resolve => {
    if (signal.aborted) resolve()
    else signal.addEventListener('abort', () => resolve(), { once: true })
  })
}

function portNumber(text: string): number {
  const port = Number(text)
  if (/^\d{1,5}$/.test(text) && port <= 65_535) return port
  throw new InvalidArgumentError(`Expected a port from 0 to 65535, found '${text}'.`)
}

/** As it stands in a header. */
function secret(text: string): string {
  if (/^[\x21-\x7e]{8,512}$/.test(text)) return text
  throw new InvalidArgumentError('Expected a token of 8 to 512 letters, digits and signs, without spaces.')
}

function modelName(text: string): string {
  if (/^[A-Za-z0-9._-]{1,63}$/.test(text)) return text
  throw new InvalidArgumentError("Expected letters, digits, '.', '_' and '-', 63 at most.")
}

function threadCount(text: string): number {
  const count = Number(text)
  if (Number.isInteger(count) && count >= 1 && count <= 256) return count
  throw new InvalidArgumentError('Expected 1 to 256.')
}
