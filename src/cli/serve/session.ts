import { mkdtemp, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { silentLogger } from '../../core/index.ts'
import { GatewayState, openGateway, openLocalHost, type ServingGateway } from '../../inference/index.ts'
import { version as release } from '../version.ts'
import { type Found, findModels } from './find.ts'
import { type Failure, failureOf, ServedModels, type ServedVersion } from './models.ts'
import { type Prepared, prepare } from './prepare.ts'
import { printOf, watchPlace } from './watch.ts'

export interface SessionOptions {
  readonly target: string
  readonly listen: { readonly host: string; readonly port: number }
  /** What starts `ballast`. */
  readonly command: readonly string[]
  readonly name?: string
  readonly labels?: string
  readonly memoryBytes?: number
  readonly idleMs?: number
  readonly threads?: number
  readonly token?: string
  readonly acceptUnknown: boolean
  readonly say: (line: string) => void
}

export interface Session {
  readonly url: string
  readonly versions: readonly ServedVersion[]
  readonly failures: readonly Failure[]
  /** Scans, converts and starts what was found. Ends early when the session is closed. */
  load(): Promise<void>
  /** Whether a model takes images. */
  takesImages(name: string): boolean
  /** Follows what changes at the place: another file answers once it is ready, and the old one until then. */
  watch(tell: (event: ServedVersion | Failure | Removed) => void): Promise<void>
  close(): Promise<void>
}

export interface Removed {
  readonly name: string
  readonly removed: true
}

/** A door, replicas behind it, and a folder for both, all of this process. Throws PORT_IN_USE and what `findModels` does. */
export async function openSession(options: SessionOptions): Promise<Session> {
  const found = await findModels(options.target)
  const state = new GatewayState()
  const gateway = await openGateway(state, { listen: options.listen, version: release })
  const folder = await mkdtemp(join(tmpdir(), 'ballast-serve-'))
  const { token, idleMs, memoryBytes, threads, command } = options
  const models = new ServedModels(state, {
    ...(token !== undefined && { token }),
    ...(idleMs !== undefined && { idleMs }),
  })
  const host = await openLocalHost({
    folder: join(folder, 'host'),
    command,
    ...(threads !== undefined && { threads }),
    ...(memoryBytes !== undefined && { memoryBytes }),
    logger: silentLogger,
    onChange: () => models.changed(),
  })
  models.attach(host)
  return new ServeSession(options, { folder, found, models, gateway }, async () => {
    await gateway.close()
    await host.close()
    await rm(folder, { recursive: true, force: true })
  })
}

interface Parts {
  readonly folder: string
  readonly found: readonly Found[]
  readonly models: ServedModels
  readonly gateway: ServingGateway
}

class ServeSession implements Session {
  readonly url: string
  readonly failures: Failure[] = []
  readonly #options: SessionOptions
  readonly #folder: string
  readonly #found: readonly Found[]
  readonly #models: ServedModels
  readonly #close: () => Promise<void>
  readonly #places = new Map<string, Place>()
  readonly #images = new Set<string>()
  #conversions = 0
  #watching: { close(): void } | undefined
  #refreshing: Promise<void> = Promise.resolve()

  constructor(
    options: SessionOptions,
    { folder, found, models, gateway }: Parts,
    close: () => Promise<void>,
  ) {
    this.#options = options
    this.#folder = folder
    this.#found = found
    this.#models = models
    this.url = gateway.url
    this.#close = close
  }

  get versions(): readonly ServedVersion[] {
    return this.#models.versions
  }

  takesImages(name: string): boolean {
    return this.#images.has(name)
  }

  /** Each in its turn; one that can't be served keeps none of the others from it. */
  async load(): Promise<void> {
    for (const each of this.#found) {
      const told = await this.#bring(each)
      if ('code' in told) this.failures.push(told)
    }
  }

  async watch(tell: (event: ServedVersion | Failure | Removed) => void): Promise<void> {
    const { target } = this.#options
    const isFolder = (await stat(target)).isDirectory()
    const refresh = (): void => {
      this.#refreshing = this.#refreshing
        .then(() => this.#refresh(tell))
        .catch(error => {
          tell(failureOf(target, undefined, error))
        })
    }
    this.#watching = watchPlace(target, isFolder, refresh)
    // What changed since it was loaded, before anybody watched.
    refresh()
  }

  async close(): Promise<void> {
    this.#watching?.close()
    await this.#close()
  }

  async #refresh(tell: (event: ServedVersion | Failure | Removed) => void): Promise<void> {
    // What is gone for a moment is about to be replaced.
    const found = await findModels(this.#options.target).catch(() => undefined)
    if (found === undefined) return
    const there = new Set(found.map(keyOf))
    for (const [key, { served }] of this.#places) {
      if (there.has(key)) continue
      this.#places.delete(key)
      if (served === undefined) continue
      await this.#models.remove(served.name, served.number)
      tell({ name: served.name, removed: true })
    }
    for (const each of found) if (await this.#isNew(each)) tell(await this.#bring(each))
  }

  async #isNew(found: Found): Promise<boolean> {
    const known = this.#places.get(keyOf(found))
    return known === undefined || (await printOf(known.sources)) !== known.print
  }

  /** Scans, converts and starts one; beside the one that it replaces, where it does. */
  async #bring(found: Found): Promise<ServedVersion | Failure> {
    const { name = found.name } = this.#options
    const key = keyOf(found)
    const { served, sources = [found.path] } = this.#places.get(key) ?? {}
    const print = await printOf(sources)
    let prepared: Prepared
    try {
      prepared = await this.#prepared(found)
    } catch (error) {
      // It is looked at again when it changes.
      this.#places.set(key, { sources, print, served })
      return failureOf(name, found.version, error)
    }
    const model = prepared.config.name
    const number = found.version ?? (served?.number ?? 0) + 1
    if (prepared.config.preprocess.length > 0) this.#images.add(model)
    const told = await this.#models.add(model, number, prepared, served)
    const failed = told.phase === 'failed'
    this.#places.set(key, {
      sources: prepared.sources,
      print: prepared.print,
      served: failed ? served : { name: model, number },
    })
    return failed ? failedStart(told) : told
  }

  #prepared(found: Found): Promise<Prepared> {
    const { command, name, labels, acceptUnknown, say } = this.#options
    return prepare(found, {
      command,
      folder: join(this.#folder, 'converted', String(++this.#conversions)),
      ...(name !== undefined && { name }),
      ...(labels !== undefined && { labels }),
      acceptUnknown,
      say,
    })
  }
}

/** What lies where a model was found. */
interface Place {
  readonly sources: readonly string[]
  /** `printOf` the sources, when they were looked at. */
  readonly print: string
  /** Undefined where it could not be served yet. */
  readonly served: { readonly name: string; readonly number: number } | undefined
}

/** One place has one model, whatever it is called. */
function keyOf({ path, version }: Found): string {
  return `${version ?? ''} ${path}`
}

function failedStart({ name, version, reason }: ServedVersion): Failure {
  return {
    name,
    version,
    code: 'MODEL_UNFIT',
    message: `${name} ${version} does not run here: ${reason ?? 'its process ended without a word'}`,
    hint: '`ballast inspect` tells what it is.',
  }
}
