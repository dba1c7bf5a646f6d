import { prepareDataFolder } from './data-folder.ts'
import { SupervisionError } from './errors.ts'
import type { SupervisionEvent } from './events.ts'
import type { Hello } from './hello.ts'
import { RoleKeeper } from './keeper.ts'
import { connectControl } from './link.ts'
import { holdDataFolder } from './lock.ts'
import { controlSocket, placesOf } from './places.ts'
import { checkPort } from './ports.ts'
import type { RoleSpec } from './roles.ts'

export interface SuperviseOptions {
  readonly dataDir: string
  /** In the order of their start: the first is ready before the others start. They end in the opposite order. */
  readonly roles: readonly RoleSpec[]
  /** Arguments of Node before a role's own: the script. */
  readonly entry: readonly string[]
  readonly version: string
  readonly onEvent?: (event: SupervisionEvent) => void
}

export interface Supervision {
  /**
   * When all roles are ready. Rejects with ALREADY_RUNNING, PORT_IN_USE, DATA_FOLDER_UNUSABLE, DISK_FULL,
   * ROLE_FAILED or STOPPED; then nothing that this supervisor started runs on, and what it adopted does.
   */
  readonly ready: Promise<ReadonlyMap<string, Hello>>
  /** Ends all roles well, one after the other; SIGKILL for one that takes too long. */
  stop(): Promise<void>
  /** Ends all roles at once by SIGKILL. */
  kill(): Promise<void>
}

/**
 * Keeps the roles of one machine alive: adopts those that an earlier supervisor left running, starts the others,
 * and starts again what dies, until it is stopped. If the supervisor itself dies, the roles live on.
 */
export function superviseAll(options: SuperviseOptions): Supervision {
  const { roles, entry, version, onEvent: tell = () => undefined } = options
  const places = placesOf(options.dataDir)
  const keepers = roles.map(spec => new RoleKeeper({ places, spec, entry, version, tell }))
  let release = () => {}
  let ending: Promise<void> | undefined
  let stopped = false

  async function start(): Promise<ReadonlyMap<string, Hello>> {
    await prepareDataFolder(places)
    release = await holdDataFolder(places)
    checkWanted()
    await checkPorts(roles)
    const [first, ...others] = keepers
    const hellos = new Map<string, Hello>()
    if (first === undefined) return hellos
    checkWanted()
    hellos.set(first.role, await first.start())
    checkWanted()
    for (const hello of await Promise.all(others.map(keeper => keeper.start()))) hellos.set(hello.name, hello)
    return hellos
  }

  function checkWanted(): void {
    if (stopped) throw new SupervisionError('STOPPED', { message: 'Ballast was stopped before it was ready' })
  }

  async function undo(): Promise<void> {
    await Promise.all(keepers.map(keeper => (keeper.ours ? keeper.stop() : keeper.leave())))
    release()
  }

  const ready = start().catch(async error => {
    ending ??= undo()
    await ending
    release()
    throw error
  })
  ready.catch(() => undefined)

  return {
    ready,
    stop() {
      stopped = true
      ending ??= (async () => {
        for (const keeper of keepers.toReversed()) await keeper.stop()
        release()
      })()
      return ending
    },
    async kill() {
      stopped = true
      const killing = Promise.all(keepers.map(keeper => keeper.stop(true)))
      ending ??= killing.then(() => release())
      await killing
    },
  }
}

/** Of the roles that don't run yet. */
async function checkPorts(roles: readonly RoleSpec[]): Promise<void> {
  for (const { role, folder, listens } of roles) {
    if (listens === undefined) continue
    const running = await connectControl(controlSocket(role, folder))
    running?.leave()
    if (running === undefined) await checkPort(listens)
  }
}
