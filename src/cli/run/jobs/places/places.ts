import { spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { readdir, readFile, rm } from 'node:fs/promises'
import { homedir, tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import type { Snapshot } from './snapshot.ts'
import { isUntouched, type Stamps, stampsOf } from './untouched.ts'

/** Workspaces laid out before anybody asked, while other jobs run. */
const AHEAD = 2
/** A workspace that is not left lying until the run ends. */
const LARGE_BYTES = 32 * 1024 * 1024
/** To look whether more parts than these were touched costs more than to lay them anew. */
const MAX_LOOKED_AT = 100

export interface Place {
  /** With a fresh `workspace` in it, and nothing else. */
  readonly path: string
  readonly stamps: Stamps | undefined
}

/**
 * Where jobs work: not below the repository, where tools that look upwards would find it. On the disk of the home
 * folder, so that reflinks work where the working tree is there too.
 *
 *   ~/.cache/ballast/run/<run>/pid            the process that it belongs to
 *   ~/.cache/ballast/run/<run>/<n>/workspace  one job's
 */
export class Places {
  readonly root: string
  /** Unique on this machine. */
  readonly name: string
  readonly #snapshot: Snapshot
  readonly #ready: Promise<Place>[] = []
  #next = 0
  #left: number

  /** `wanted`: about how many will be asked for. */
  constructor(snapshot: Snapshot, wanted: number) {
    const parent = makeParent()
    this.root = mkdtempSync(join(parent, 'run-'))
    this.name = basename(this.root)
    writeFileSync(join(this.root, 'pid'), `${process.pid}\n`)
    this.#snapshot = snapshot
    this.#left = wanted
  }

  /** A place that is its asker's alone. */
  async take(): Promise<Place> {
    this.#left--
    return this.#ready.shift() ?? this.#lay()
  }

  /** A place whose workspace has nothing in it. */
  empty(): Place {
    const path = join(this.root, `${this.#next++}`)
    mkdirSync(join(path, 'workspace'), { recursive: true })
    return { path, stamps: undefined }
  }

  /** Lays out the next ones while there is time. */
  prepare(): void {
    while (this.#ready.length < Math.min(AHEAD, this.#left)) {
      const place = this.#lay()
      place.catch(() => undefined) // Whoever takes it hears of it.
      this.#ready.push(place)
    }
  }

  async #lay(): Promise<Place> {
    const { path } = this.empty()
    await this.#snapshot.lay(join(path, 'workspace'))
    const { held } = this.#snapshot
    return { path, stamps: held && held.length <= MAX_LOOKED_AT ? stampsOf(path, held) : undefined }
  }

  /**
   * The job that began at `begun` has ended, and all its processes. What it left as it was serves another; large ones
   * go at once; the others with the rest, as taking them away now would keep jobs waiting.
   */
  done({ path, stamps }: Place, begun: number): void {
    const { held, bytes } = this.#snapshot
    if (held && stamps && isUntouched(path, held, stamps, begun))
      this.#ready.push(Promise.resolve({ path, stamps }))
    else if (bytes >= LARGE_BYTES) rm(path, { recursive: true, force: true }).catch(() => undefined)
  }

  /** Takes everything away, by a process that outlives this one: nobody waits for it. */
  close(): void {
    const remover = spawn('rm', ['-rf', '--', this.root], { detached: true, stdio: 'ignore' })
    remover.on('error', () => rmSync(this.root, { recursive: true, force: true, maxRetries: 3 }))
    remover.unref()
  }
}

function parents(): readonly string[] {
  const cache = process.env['XDG_CACHE_HOME'] || join(homedir(), '.cache')
  return [cache, tmpdir()].map(base => join(base, 'ballast', 'run'))
}

function makeParent(): string {
  for (const parent of parents()) {
    try {
      mkdirSync(parent, { recursive: true, mode: 0o700 })
      return parent
    } catch {
      // A home that can't be written to: the next one.
    }
  }
  return mkdtempSync(join(tmpdir(), 'ballast-'))
}

/** Takes away what runs left behind that were killed. */
export async function sweepPlaces(): Promise<void> {
  for (const parent of parents())
    for (const name of await readdir(parent).catch(() => [])) {
      const pid = Number(await readFile(join(parent, name, 'pid'), 'utf8').catch(() => ''))
      if (pid > 0 && !isAlive(pid))
        await rm(join(parent, name), { recursive: true, force: true }).catch(() => undefined)
    }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}
