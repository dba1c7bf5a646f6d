import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { InferenceError } from '../errors.ts'
import { FrameClient, headerBlock, headerOf } from '../frames/index.ts'
import type { ProtocolName } from '../protocols/index.ts'
import type { ReplicaSpecInput } from './spec.ts'

export interface BorrowOptions {
  /** What starts this very program: `['node', 'ballast.js']`. */
  readonly command: readonly string[]
  readonly spec: Omit<ReplicaSpecInput, 'socketPath' | 'replica' | 'version' | 'versionNumber'>
}

export interface BorrowedRequest {
  readonly protocol: ProtocolName
  /** By lower-case name: content-type and the like. */
  readonly headers: Readonly<Record<string, string>>
  readonly body: Uint8Array
  readonly timeoutMs: number
}

export interface BorrowedAnswer {
  readonly status: number
  readonly contentType: string
  readonly body: Buffer
}

/** A replica of one's own, for some requests: the same process that serves, without a host and a gateway. */
export interface BorrowedReplica {
  /** Throws REPLICA_LOST, DEADLINE_EXCEEDED. */
  ask(request: BorrowedRequest): Promise<BorrowedAnswer>
  close(): Promise<void>
}

/** Of what a process says before it fails. */
const MAX_WORDS = 8192
const END_LIMIT_MS = 5000

/** Resolves when the model is loaded and warm; throws MODEL_UNFIT with the replica's own reason where it ends before. */
export async function borrowReplica({ command, spec }: BorrowOptions): Promise<BorrowedReplica> {
  const folder = await mkdtemp(join(tmpdir(), 'ballast-replica-'))
  const socketPath = join(folder, 'socket')
  const specPath = join(folder, 'spec.json')
  await writeFile(
    specPath,
    JSON.stringify({ ...spec, replica: 'borrowed', version: 'local', versionNumber: 1, socketPath }),
    { mode: 0o600 },
  )
  const [program = process.execPath, ...args] = command
  const child = spawn(program, [...args, 'replica', '--spec', specPath, '--tied'], {
    stdio: ['pipe', 'pipe', 'pipe'],
  })
  const close = async (): Promise<void> => {
    await endChild(child)
    await rm(folder, { recursive: true, force: true })
  }
  try {
    await untilReady(child, spec.model)
    const client = await FrameClient.open({ kind: 'unix', path: socketPath })
    return {
      ask: request => ask(client, request),
      async close() {
        client.close()
        await close()
      },
    }
  } catch (error) {
    await close()
    throw error
  }
}

async function untilReady(child: ChildProcess, model: string): Promise<void> {
  let [words, said] = ['', '']
  child.stderr?.on('data', (chunk: Buffer) => {
    words = (words + chunk).slice(-MAX_WORDS)
  })
  await new Promise<void>((resolve, reject) => {
    const ended = (how: string): void => reject(unfit(model, words, how))
    child.once('error', error => ended(error.message))
    child.once('close', (code, signal) => ended(signal ?? `status ${code}`))
    child.stdout?.on('data', (chunk: Buffer) => {
      said = (said + chunk).slice(-MAX_WORDS)
      if (/^ready: /m.test(said)) resolve()
    })
  })
}

function unfit(model: string, words: string, how: string): InferenceError {
  const reason = /^error: (.*)$/ms.exec(words)?.[1]?.trim() || words.trim() || `its process ended (${how})`
  return new InferenceError('MODEL_UNFIT', {
    message: `${model} can't be served: ${reason}`,
    hint: 'Look into it with `ballast inspect`; ballast.yaml says what goes in and out.',
  })
}

function ask(
  client: FrameClient,
  { protocol, headers, body, timeoutMs }: BorrowedRequest,
): Promise<BorrowedAnswer> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      client.cancel(id)
      reject(
        new InferenceError('DEADLINE_EXCEEDED', {
          message: `There was no answer within ${timeoutMs} ms`,
          hint: 'Give it more time with --timeout.',
        }),
      )
    }, timeoutMs)
    const block = headerBlock({ ...(protocol === 'oip' ? {} : { protocol }), ...headers })
    const request = {
      operation: 'infer',
      timeoutMs,
      headers: block,
      body: [body],
      bodyBytes: body.length,
    } as const
    const id = client.ask(request, answer => {
      clearTimeout(timer)
      if (answer instanceof InferenceError) {
        reject(answer)
        return
      }
      const contentType = headerOf(answer.headers, 'content-type') ?? 'application/json'
      resolve({ status: answer.status, contentType, body: answer.body })
    })
  })
}

async function endChild(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) return
  const exit = once(child, 'exit')
  child.kill('SIGTERM')
  const limit = setTimeout(() => child.kill('SIGKILL'), END_LIMIT_MS)
  await exit
  clearTimeout(limit)
}
