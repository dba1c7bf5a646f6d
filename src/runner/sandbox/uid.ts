import { ownedBy } from '../process/tree.ts'
import { binOf } from './bubblewrap.ts'
import { DEFAULT_PATH, type Executor } from './executor.ts'

/** Slots take the uids from here on: 60100 to 60163, within the range that Debian leaves to such use. */
const FIRST_UID = 60_100

export interface UidOptions {
  /** `unshare` gives the job mount and pid namespaces too, where the kernel lets us. */
  readonly namespaces: boolean
  readonly placesRoot: string
  readonly tools: readonly string[]
}

/**
 * Each slot runs its jobs under a uid of its own, which owns the attempt's places and nothing else; the runner's
 * folder is 0700. Needs root. Jobs can see what every user of the machine can see.
 */
export function uidExecutor({ namespaces, placesRoot, tools }: UidOptions): Executor {
  return {
    kind: 'uid',
    placesRoot,
    path: [...tools.map(binOf), DEFAULT_PATH].join(':'),
    seen: places => places,
    owner: ({ slot }) => FIRST_UID + slot,
    command: ({ given }, { slot }) => [
      ...uidCommand(FIRST_UID + slot, namespaces),
      '/bin/sh',
      '-e',
      `${given}/job.sh`,
    ],
    strays: (_attempt, slot) => ownedBy(FIRST_UID + slot),
  }
}

/** What stands before a command to run it as `uid`, without any way back to root. */
export function uidCommand(uid: number, namespaces: boolean): readonly string[] {
  const apart = namespaces
    ? ['unshare', '--mount', '--pid', '--ipc', '--fork', '--kill-child', '--mount-proc', '--']
    : []
  const drop = ['--clear-groups', '--no-new-privs', '--bounding-set=-all', '--inh-caps=-all']
  return ['setsid', ...apart, 'setpriv', `--reuid=${uid}`, `--regid=${uid}`, ...drop, '--']
}
