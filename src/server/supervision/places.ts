import { join, resolve } from 'node:path'
import { ServerError } from '../errors.ts'

/**
 *   <data>/run/up.lock             held by the one `ballast up`
 *   <data>/logs/<role>.log         a role's output; `.1` … `.3` are older
 *   <data>/secrets/                tokens, made by the server
 *   <its folder>/run/<role>.sock   control socket of a running role, mode 0600; the server's folder is <data>,
 *                                  the others' are <data>/<role>
 */
export interface Places {
  readonly data: string
  readonly run: string
  readonly logs: string
  readonly secrets: string
  readonly lock: string
  log(role: string): string
}

export function placesOf(dataDir: string): Places {
  const data = resolve(dataDir)
  const run = join(data, 'run')
  const logs = join(data, 'logs')
  return {
    data,
    run,
    logs,
    secrets: join(data, 'secrets'),
    lock: join(run, 'up.lock'),
    log: role => join(logs, `${role}.log`),
  }
}

/** A Unix socket's path has 108 bytes in Linux, 104 elsewhere, with a closing zero. */
const MAX_SOCKET_PATH = 103

/** Where a role that works in `folder` is spoken to. Throws DATA_FOLDER_UNUSABLE when that is too long a path. */
export function controlSocket(role: string, folder: string): string {
  const path = join(resolve(folder), 'run', `${role}.sock`)
  if (Buffer.byteLength(path) <= MAX_SOCKET_PATH) return path
  throw new ServerError('DATA_FOLDER_UNUSABLE', {
    message: `The path ${path} has ${Buffer.byteLength(path)} bytes; a socket's has at most ${MAX_SOCKET_PATH}`,
    hint: 'Choose a data folder with a shorter path: --data or BALLAST_DATA.',
  })
}
