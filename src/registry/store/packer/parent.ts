import { type ChildProcess, spawn } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { type Bytes, CoreError, type Milliseconds } from '../../../core/index.ts'
import { RegistryError } from '../../errors.ts'
import type { Packer, PackWork } from '../packing.ts'
import type { Ancestor, FromPacker, ToPacker } from './messages.ts'

/** A packer holds some 30 MB, its bases as much again, and a recipe of a million pieces 200 MB. */
const MAX_RSS_BYTES: Bytes = 2 * 1024 ** 3
const LOOK_EVERY_MS: Milliseconds = 500
/** The slowest that is still work, not a hang: a tenth of the slowest machine that was measured. */
const MIN_BYTES_PER_MS = 2000
const START_MS: Milliseconds = 120_000
/** Of what it prints: a crash's last words. */
const MAX_OUTPUT = 4000

export interface PackerOptions {
  /** What starts `ballast packer`, and the folder of packs: `[node, script, 'packer', '--packs', folder]`. */
  readonly command: readonly string[]
  readonly threads: number
  /** The whole file of an object, if it is there. */
  readonly wholePath: (digest: Ancestor['digest']) => Promise<string | undefined>
  /** For tests. */
  readonly maxRss?: Bytes
  readonly deadline?: (size: Bytes) => Milliseconds
}

/** A process for each packing. It never outlives the server: it ends when its channel does. */
export function childPacker(options: PackerOptions): Packer {
  return { pack: (work, signal) => new Packing(options, work, signal).run() }
}

class Packing {
  readonly #options: PackerOptions
  readonly #work: PackWork
  readonly #signal: AbortSignal
  #child: ChildProcess | undefined
  #output = ''
  #ended: FromPacker | undefined
  #killedFor: RegistryError | undefined

  constructor(options: PackerOptions, work: PackWork, signal: AbortSignal) {
    this.#options = options
    this.#work = work
    this.#signal = signal
  }

  async run(): Promise<void> {
    const [program = process.execPath, ...args] = this.#options.command
    const child = spawn(program, args, { stdio: ['ignore', 'ignore', 'pipe', 'ipc'] })
    this.#child = child
    const exited = new Promise<string>(resolve => {
      child.once('error', error => resolve(error.message))
      child.once('close', (code, signal) => resolve(signal ?? `exit code ${code}`))
    })
    child.stderr?.on('data', (bytes: Buffer) => {
      this.#output = (this.#output + bytes.toString()).slice(-MAX_OUTPUT)
    })
    child.on('message', (message: FromPacker) => void this.#take(message))
    const stop = () => this.#kill(stopped())
    this.#signal.addEventListener('abort', stop, { once: true })
    if (this.#signal.aborted) stop()
    const limits = this.#watch()
    this.#send({
      kind: 'work',
      digest: this.#work.digest,
      path: this.#work.path,
      draft: { id: this.#work.draft.id, path: this.#work.draft.path },
      threads: this.#options.threads,
    })
    const how = await exited
    clearInterval(limits)
    this.#signal.removeEventListener('abort', stop)
    this.#judge(how)
  }

  #judge(how: string): void {
    if (this.#killedFor) throw this.#killedFor
    const ended = this.#ended
    if (ended?.kind === 'done') return
    if (ended?.kind === 'failed' && ended.code === 'DISK_FULL')
      throw new CoreError('DISK_FULL', { message: ended.message, hint: 'Free some space on that disk.' })
    const said = ended?.kind === 'failed' ? ended.message : `${how}: ${this.#output.trim().slice(-500)}`
    throw failed(this.#work, said)
  }

  async #take(message: FromPacker): Promise<void> {
    try {
      if (message.kind === 'done' || message.kind === 'failed') this.#ended = message
      else this.#send(await this.#answer(message))
    } catch (failure) {
      this.#kill(failed(this.#work, `its question could not be answered: ${String(failure)}`))
    }
  }

  async #answer(message: Extract<FromPacker, { readonly ask: number }>): Promise<ToPacker> {
    const { ask } = message
    if (message.kind === 'ask-places') {
      const places = await this.#work.places(message.chunks)
      return { kind: 'places', ask, places: [...places.values()] }
    }
    const ancestors: Ancestor[] = []
    for (const { digest, pack } of await this.#work.ancestors(message.layout)) {
      if (pack === undefined) continue
      const path = await this.#options.wholePath(digest)
      ancestors.push({ digest, pack, ...(path !== undefined && { path }) })
    }
    return { kind: 'ancestors', ask, ancestors }
  }

  #send(message: ToPacker): void {
    // One that died has no channel: its exit is told anyway.
    this.#child?.send(message, () => undefined)
  }

  #watch(): NodeJS.Timeout {
    const { maxRss = MAX_RSS_BYTES, deadline = timeFor } = this.#options
    const until = performance.now() + deadline(this.#work.size)
    return setInterval(async () => {
      if (performance.now() > until) this.#kill(failed(this.#work, 'it took too long'))
      const rss = await rssOf(this.#child?.pid)
      if (rss > maxRss) this.#kill(failed(this.#work, `it used ${rss} bytes of memory, more than ${maxRss}`))
    }, LOOK_EVERY_MS)
  }

  #kill(reason: RegistryError): void {
    this.#killedFor ??= reason
    this.#child?.kill('SIGKILL')
  }
}

function timeFor(size: Bytes): Milliseconds {
  return START_MS + size / MIN_BYTES_PER_MS
}

/** 0 where the system does not tell. */
async function rssOf(pid: number | undefined): Promise<Bytes> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '')
  return Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1] ?? 0) * 1024
}

function stopped(): RegistryError {
  return new RegistryError('PACKING_STOPPED', {
    message: 'The packer was ended because the server stops',
    hint: 'It goes on at the next start.',
  })
}

function failed({ digest }: PackWork, reason: string): RegistryError {
  return new RegistryError('PACKING_FAILED', {
    message: `The packer of ${digest} failed: ${reason}`,
    hint: 'The object stays whole. `ballast registry stats` shows what could not be packed.',
    details: { digest },
  })
}
