import { spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { homedir, tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import type { Snapshot } from './snapshot.ts'

/** Workspaces laid out before anybody asked, while other jobs run. */
const AHEAD = 2
/** A workspace that is not left lying until the run ends. */
const LARGE_BYTES = 32 * 1024 * 1024

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
  readonly #ready: Promise<string>[] = []
  #next = 0
  #left: number

  private constructor(root: string, snapshot: Snapshot, wanted: number) {
    this.root = root
    this.name = basename(root)
    this.#snapshot = snapshot
    this.#left = wanted
  }

  /** `wanted`: about how many will be asked for. */
  static async open(snapshot: Snapshot, wanted: number): Promise<Places> {
    const parent = makeParent()
    void sweep(parent)
    const root = mkdtempSync(join(parent, 'run-'))
    await writeFile(join(root, 'pid'), `${process.pid}\n`)
    return new Places(root, snapshot, wanted)
  }

  /** A folder with a fresh `workspace` in it, which is its asker's alone. */
  async take(): Promise<string> {
    this.#left--
    const place = this.#ready.shift() ?? this.#lay()
    return place
  }

  /** Lays out the next ones while there is time. */
  prepare(): void {
    while (this.#ready.length < Math.min(AHEAD, this.#left)) {
      const place = this.#lay()
      place.catch(() => undefined) // Whoever takes it hears of it.
      this.#ready.push(place)
    }
  }

  async #lay(): Promise<string> {
    const place = join(this.root, `${this.#next++}`)
    const workspace = join(place, 'workspace')
    mkdirSync(workspace, { recursive: true })
    await this.#snapshot.lay(workspace)
    return place
  }

  /** Its job has ended. Small ones go with the rest, as taking them away now would keep others waiting. */
  done(place: string): void {
    if (this.#snapshot.bytes < LARGE_BYTES) return
    rm(place, { recursive: true, force: true }).catch(() => undefined)
  }

  /** Takes everything away, by a process that outlives this one: nobody waits for it. */
  close(): void {
    const remover = spawn('rm', ['-rf', '--', this.root], { detached: true, stdio: 'ignore' })
    remover.on('error', () => rmSync(this.root, { recursive: true, force: true, maxRetries: 3 }))
    remover.unref()
  }
}

function makeParent(): string {
  const cache = process.env['XDG_CACHE_HOME'] || join(homedir(), '.cache')
  for (const base of [cache, tmpdir()]) {
    try {
      const parent = join(base, 'ballast', 'run')
      mkdirSync(parent, { recursive: true, mode: 0o700 })
      return parent
    } catch {
      // A home that can't be written to: the next one.
    }
  }
  return mkdtempSync(join(tmpdir(), 'ballast-'))
}

/** Takes away what runs left behind that were killed. */
async function sweep(parent: string): Promise<void> {
  for (const name of await readdir(parent)) {
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
