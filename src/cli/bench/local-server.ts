import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { text } from 'node:stream/consumers'
import { z } from 'zod'
import { BallastError } from '../../core/index.ts'

/** A model of this machine that serves for as long as it is measured. */
export interface LocalServer {
  /** `http://127.0.0.1:…/v2/models/digits` */
  readonly url: string
  close(): Promise<void>
}

const summarySchema = z.object({ models: z.array(z.object({ url: z.string() })).min(1) })
const failureSchema = z.object({ code: z.string(), message: z.string(), hint: z.string().optional() })
const END_LIMIT_MS = 10_000

/** `ballast serve` of a file or folder, on a free port. Throws what it says where it can't. */
export async function serveLocal(path: string, command: readonly string[]): Promise<LocalServer> {
  const [program = process.execPath, ...args] = command
  const child = spawn(program, [...args, 'serve', path, '--port', '0', '--json'], {
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const exited = once(child, 'exit')
  const problems = text(child.stderr)
  const [line = ''] = await firstLine(child.stdout)
  const summary = summarySchema.safeParse(parsed(line)).data
  if (summary === undefined) {
    child.kill('SIGTERM')
    throw refusal(path, line, await problems)
  }
  return {
    url: summary.models[0]!.url,
    async close() {
      child.kill('SIGTERM')
      const limit = setTimeout(() => child.kill('SIGKILL'), END_LIMIT_MS)
      await exited
      clearTimeout(limit)
    },
  }
}

/** Nothing where it ends without a word. What follows is dropped, so that nobody waits to be read. */
async function firstLine(stream: NodeJS.ReadableStream): Promise<readonly string[]> {
  const lines = createInterface({ input: stream })
  const first = await Promise.race([
    once(lines, 'line') as Promise<[string]>,
    once(lines, 'close').then(() => []),
  ])
  lines.on('line', () => undefined)
  return first
}

function refusal(path: string, line: string, problems: string): BallastError {
  const said = [line, ...problems.trim().split('\n').reverse()].map(each => {
    const value = parsed(each)
    const inner = typeof value === 'object' && value !== null && 'error' in value ? value.error : value
    return failureSchema.safeParse(inner).data
  })
  const failure = said.find(each => each !== undefined)
  return new BallastError('MODEL_NOT_SERVED', {
    message: `${path} does not serve: ${failure?.message ?? (problems.trim().slice(-500) || 'it ended without a word')}`,
    hint: failure?.hint ?? '`ballast serve` tells more.',
  })
}

function parsed(json: string): unknown {
  try {
    return JSON.parse(json)
  } catch {
    return undefined
  }
}
