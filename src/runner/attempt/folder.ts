import { appendFile, mkdir, open, readdir, readFile, rename, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type Finish, finishSchema, type Offer, offerSchema } from '../../api/index.ts'
import { randomText } from '../../core/index.ts'
import type { Places } from '../executors/executor.ts'
import { type Executors, executorOf } from '../executors/executors.ts'
import { isPlain } from '../script/job-script.ts'
import { sectionEnd, sectionStart } from '../script/sections.ts'
import { removeTrees, type Trash } from './ending/trash.ts'

/** Ids become names of folders. */
const ATTEMPT_ID = /^[A-Za-z0-9_-]{1,100}$/

/** Why an attempt is being ended before its time. On disk before anything is killed. */
export type StopReason = 'canceled' | 'runner stopped' | 'timed out' | 'log too long'
const STOP_REASONS: readonly string[] = ['canceled', 'runner stopped', 'timed out', 'log too long']

export type Conclusion = Omit<Finish, 'fence'>
const conclusionSchema = finishSchema.omit({ fence: true })

/**
 * What the runner knows of an attempt, on disk, so that another process can go on with it:
 *
 *   attempts/<attempt>.<random>/
 *     offer.json    what was leased, with the attempt's token
 *     slot          number of the slot it runs in
 *     log           raw output: secrets and all
 *     shim.sh       what starts the job
 *     pid           written by the shim: it has started, and which process it is
 *     exit          written by the shim: the exit status
 *     stop          why it is being ended
 *     tracked       paths of the commit's files, where somebody will ask
 *     timeouts      numbers of phases that were over their limit
 *     finish.json   how it ended, to be said to the control plane until that is acknowledged
 *     workspace/ home/ tmp/ given/ out/     the places that the job sees
 *
 * A folder whose name begins with a dot is on its way out. Nothing is synced: after a power cut the lease is
 * gone too, and a file that can't be read means that the attempt is dropped.
 */
export class AttemptFolder {
  readonly path: string
  readonly offer: Offer
  readonly slot: number
  readonly places: Places
  readonly #placesFolder: string | undefined

  private constructor(path: string, name: string, offer: Offer, slot: number, executors: Executors) {
    this.path = path
    this.offer = offer
    this.slot = slot
    const { placesRoot } = executorOf(executors, offer)
    this.#placesFolder = placesRoot && join(placesRoot, name)
    const root = this.#placesFolder ?? path
    const place = (name: string): string => join(root, name)
    this.places = {
      workspace: place('workspace'),
      home: place('home'),
      tmp: place('tmp'),
      given: place('given'),
      out: place('out'),
    }
  }

  static async create(
    attempts: string,
    offer: Offer,
    slot: number,
    executors: Executors,
  ): Promise<AttemptFolder> {
    if (!ATTEMPT_ID.test(offer.attempt))
      throw new Error(`'${offer.attempt.slice(0, 120)}' is not an attempt's id`)
    const name = `${offer.attempt}.${randomText(6)}`
    const path = join(attempts, name)
    const folder = new AttemptFolder(path, name, offer, slot, executors)
    await mkdir(path, { mode: 0o700 })
    await writeFile(join(path, 'slot'), `${slot}\n`)
    await writeFile(folder.logPath, '', { mode: 0o600 })
    if (folder.#placesFolder) await mkdir(folder.#placesFolder, { mode: 0o711 })
    await Promise.all(Object.values(folder.places).map(place => mkdir(place, { mode: 0o700 })))
    await replace(join(path, 'offer.json'), JSON.stringify(offer))
    return folder
  }

  /** The attempts that an earlier runner left. What can't be read, or is half removed, is taken away. */
  static async left(attempts: string, executors: Executors): Promise<readonly AttemptFolder[]> {
    const found: AttemptFolder[] = []
    for (const name of await readdir(attempts)) {
      const path = join(attempts, name)
      const offer = name.startsWith('.') ? undefined : await readOffer(path)
      const slot = Number(await readFile(join(path, 'slot'), 'utf8').catch(() => 'none'))
      if (offer && Number.isInteger(slot)) found.push(new AttemptFolder(path, name, offer, slot, executors))
      else await removeTrees([path])
    }
    return found
  }

  get logPath(): string {
    return join(this.path, 'log')
  }

  /** When the process started: limits count from then. */
  async startedAt(): Promise<number> {
    // Not there yet: it is starting now.
    return stat(join(this.path, 'pid')).then(
      found => found.mtimeMs,
      () => Date.now(),
    )
  }

  /** Adds a line of ours to the log, on a line of its own. */
  async say(line: string): Promise<void> {
    const handle = await open(this.logPath, 'r')
    try {
      const { size } = await handle.stat()
      const { buffer } = await handle.read(Buffer.alloc(1), 0, 1, Math.max(0, size - 1))
      const begin = size > 0 && buffer[0] !== 0x0a ? '\n' : ''
      await appendFile(this.logPath, `${begin}Ballast: ${line}\n`)
    } finally {
      await handle.close()
    }
  }

  /** Does work as a section of the log, where the job's own log has sections. */
  async section<T>(name: string, title: string, work: () => Promise<T>): Promise<T> {
    if (this.offer.work.kind !== 'script' || isPlain(this.offer.work)) return work()
    await appendFile(this.logPath, sectionStart(name, title, Date.now()))
    try {
      return await work()
    } finally {
      await appendFile(this.logPath, sectionEnd(name, Date.now()))
    }
  }

  async stopReason(): Promise<StopReason | undefined> {
    const text = (await readFile(join(this.path, 'stop'), 'utf8').catch(() => '')).trimEnd()
    return STOP_REASONS.includes(text) ? (text as StopReason) : undefined
  }

  /** The first reason stands. */
  async recordStop(reason: StopReason): Promise<void> {
    await writeFile(join(this.path, 'stop'), `${reason}\n`, { flag: 'wx' }).catch(() => undefined)
  }

  /** Phases count from 0. On disk before anything is killed. */
  async recordTimeout(phase: number): Promise<void> {
    await appendFile(join(this.path, 'timeouts'), `${phase}\n`)
  }

  async timeouts(): Promise<ReadonlySet<number>> {
    if (this.offer.work.kind !== 'script' || isPlain(this.offer.work)) return new Set()
    const text = await readFile(join(this.path, 'timeouts'), 'utf8').catch(() => '')
    return new Set(text.split('\n').slice(0, -1).map(Number))
  }

  /** Paths of the commit's files, where a rule asks for those that are not. */
  async recordTracked(paths: readonly string[]): Promise<void> {
    await replace(join(this.path, 'tracked'), paths.join('\0'))
  }

  async tracked(): Promise<ReadonlySet<string> | undefined> {
    const text = await readFile(join(this.path, 'tracked'), 'utf8').catch(() => undefined)
    return text === undefined ? undefined : new Set(text.split('\0'))
  }

  async conclusion(): Promise<Conclusion | undefined> {
    const text = await readFile(join(this.path, 'finish.json'), 'utf8').catch(() => undefined)
    return text === undefined ? undefined : parsed(text, conclusionSchema)
  }

  async recordConclusion(conclusion: Conclusion): Promise<void> {
    await replace(join(this.path, 'finish.json'), JSON.stringify(conclusion))
  }

  /** From this moment on it no longer counts as an attempt; a shim that starts too late finds no folder. */
  async remove(trash: Trash): Promise<void> {
    const going = join(this.path, '..', `.${randomText(10)}`)
    await rename(this.path, going)
    trash.add(going, ...(this.#placesFolder ? [this.#placesFolder] : []))
  }
}

async function readOffer(path: string): Promise<Offer | undefined> {
  const text = await readFile(join(path, 'offer.json'), 'utf8').catch(() => undefined)
  return text === undefined ? undefined : parsed(text, offerSchema)
}

function parsed<T>(text: string, schema: { safeParse(value: unknown): { data?: T } }): T | undefined {
  try {
    return schema.safeParse(JSON.parse(text)).data
  } catch {
    return undefined
  }
}

async function replace(path: string, content: string): Promise<void> {
  await writeFile(`${path}.tmp`, content, { mode: 0o600 })
  await rename(`${path}.tmp`, path)
}
