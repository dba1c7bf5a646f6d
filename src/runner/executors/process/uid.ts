import { dirname } from 'node:path'
import { marked, ownedBy } from '../../process/tree.ts'
import { DEFAULT_PATH, type Executor, usualVariables } from '../executor.ts'
import { binOf } from './bubblewrap.ts'
import { processSignals } from './signals.ts'

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
    usual: seen => usualVariables([...tools.map(binOf), DEFAULT_PATH].join(':'), seen),
    seen: places => places,
    owner: ({ slot }) => FIRST_UID + slot,
    refusal({ network, readOnlyRoot }) {
      if (namespaces || (network && !readOnlyRoot)) return undefined
      const asked = network ? 'a read-only root' : 'no network'
      return `the job asks for ${asked}, which takes namespaces, and the kernel refuses them here`
    },
    command: ({ given }, { slot, network, readOnlyRoot = false }) => [
      ...uidCommand(FIRST_UID + slot, namespaces, {
        network,
        readOnly: readOnlyRoot ? dirname(given) : undefined,
      }),
      '/bin/sh',
      '-e',
      `${given}/job.sh`,
    ],
    ...processSignals((_attempt, slot) => ownedBy(FIRST_UID + slot), marked),
  }
}

export interface Apart {
  readonly network: boolean
  /** The only folder that can be written. */
  readonly readOnly?: string | undefined
}

/** What stands before a command to run it as `uid`, without any way back to root. */
export function uidCommand(
  uid: number,
  namespaces: boolean,
  { network, readOnly }: Apart = { network: true },
): readonly string[] {
  const apart = namespaces
    ? [
        'unshare',
        '--mount',
        '--pid',
        '--ipc',
        ...(network ? [] : ['--net']),
        '--fork',
        '--kill-child',
        '--mount-proc',
        '--',
        ...(readOnly === undefined ? [] : ['/bin/sh', '-c', READ_ONLY, 'sh', readOnly]),
      ]
    : []
  const drop = ['--clear-groups', '--no-new-privs', '--bounding-set=-all', '--inh-caps=-all']
  return ['setsid', ...apart, 'setpriv', `--reuid=${uid}`, `--regid=${uid}`, ...drop, '--']
}

/** Makes every file system read-only in this mount namespace, but for one folder and those of the kernel. */
const READ_ONLY = `place=$1
shift
mount --bind "$place" "$place" || exit 125
while read -r _ at _; do
  at=$(printf '%b' "$at")
  case "$at" in
    "$place" | "$place"/* | /proc | /proc/* | /dev | /dev/* | /sys | /sys/*) ;;
    *) mount -o remount,bind,ro "$at" || exit 125 ;;
  esac
done < /proc/mounts
exec "$@"`
