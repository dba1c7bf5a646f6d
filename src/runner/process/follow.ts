import { type FSWatcher, watch } from 'node:fs'
import { isAlive, type ProcessIdentity } from '../../core/index.ts'
import { exitCodeIn, identityIn } from './shim.ts'

/** The end shows in the folder at once; a shim that was killed shows within this. */
const POLL_MS = 200
/** From the order to start to the shim's first line. */
const START_MS = 20_000

export interface JobProcess {
  readonly pid: number
  /** Settles when the shim has written the exit status, or is dead without. */
  readonly ended: Promise<void>
}

/** Follows a shim, ours or an earlier runner's, by what it writes into its folder. */
export function follow(folder: string, { pid, ...rest }: ProcessIdentity): JobProcess {
  const ended = new Promise<void>(resolve => {
    const done = (): void => {
      clearInterval(timer)
      watcher?.close()
      resolve()
    }
    const look = async (): Promise<void> => {
      if ((await exitCodeIn(folder)) !== undefined || !isAlive({ pid, ...rest })) done()
    }
    const timer = setInterval(look, POLL_MS)
    const watcher = watchFolder(folder, name => {
      if (name === 'exit') void look()
    })
    void look()
  })
  return { pid, ended }
}

/** The identity of a shim that is just starting; undefined when it does not come. */
export async function started(folder: string): Promise<ProcessIdentity | undefined> {
  const identity = Promise.withResolvers<ProcessIdentity | undefined>()
  const look = async (): Promise<void> => {
    const found = await identityIn(folder)
    if (found) identity.resolve(found)
  }
  const watcher = watchFolder(folder, name => {
    if (name === 'pid') void look()
  })
  const poll = setInterval(look, POLL_MS)
  const limit = setTimeout(() => identity.resolve(undefined), START_MS)
  void look()
  const found = await identity.promise
  watcher?.close()
  clearInterval(poll)
  clearTimeout(limit)
  return found
}

/** Tells the names of files that change; undefined where the file system or the machine's limits don't let us. */
function watchFolder(folder: string, changed: (name: string | null) => void): FSWatcher | undefined {
  try {
    const watcher = watch(folder, { persistent: false }, (_event, name) => changed(name))
    watcher.on('error', () => undefined)
    return watcher
  } catch {
    return undefined
  }
}
