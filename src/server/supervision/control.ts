import { chmod, mkdir, rm } from 'node:fs/promises'
import { createServer, type Server, type Socket } from 'node:net'
import { dirname } from 'node:path'
import { messageOf } from '../../core/index.ts'
import { SupervisionError } from './errors.ts'
import type { Hello } from './hello.ts'
import { connectControl } from './link.ts'
import { controlSocket } from './places.ts'

export interface ControlOptions {
  readonly version: string
  /** Ends the work well. The process exits when it resolves (with 1 when it rejects). */
  readonly onStop: () => Promise<void>
}

export interface Control {
  /** Tells the supervisor that the role does its work, with facts for people (`url`). */
  ready(info?: Readonly<Record<string, string>>): void
}

/**
 * Opens a role's control socket: a connection is the proof of life, and `stop` on a line ends the process well, as
 * do SIGTERM and Ctrl-C. Call it first of all in the role's command, with the role's own folder (its --data).
 * Throws ALREADY_RUNNING when a process of that role answers there.
 */
export async function serveControl(name: string, folder: string, options: ControlOptions): Promise<Control> {
  const path = controlSocket(name, folder)
  await mkdir(dirname(path), { recursive: true, mode: 0o700 })
  const other = await connectControl(path)
  if (other !== undefined) {
    other.leave()
    throw new SupervisionError('ALREADY_RUNNING', {
      message: `A ${name} (process ${other.hello.pid}) works in ${folder} already`,
      hint: 'Stop it first, or choose another data folder with --data.',
    })
  }
  await rm(path, { force: true })

  let hello: Hello = {
    name,
    pid: process.pid,
    startedAt: Math.round(performance.timeOrigin),
    version: options.version,
    argv: process.argv.slice(2),
    ready: false,
    info: {},
  }
  const connections = new Set<Socket>()
  let stopping = false
  const stop = () => {
    if (stopping) return
    stopping = true
    void end(options.onStop, server, path)
  }
  const server = createServer(socket => {
    socket.unref()
    connections.add(socket)
    socket.on('error', () => undefined)
    socket.once('close', () => connections.delete(socket))
    listenForStop(socket, stop)
    socket.write(`${JSON.stringify(hello)}\n`)
  })
  await listen(server, path)
  // A role that fails on its way up must end: only its own work keeps the process alive.
  server.unref()
  await chmod(path, 0o600)
  process.once('SIGTERM', stop)
  process.once('SIGINT', stop)
  return {
    ready(info = {}) {
      hello = { ...hello, ready: true, info }
      for (const socket of connections) socket.write(`${JSON.stringify(hello)}\n`)
    },
  }
}

function listenForStop(socket: Socket, stop: () => void): void {
  let text = ''
  socket.on('data', chunk => {
    text += chunk.toString('latin1')
    if (text === 'stop\n') stop()
    // Nobody who may speak here says anything else.
    else if (!'stop\n'.startsWith(text)) socket.destroy()
  })
}

async function end(onStop: () => Promise<void>, server: Server, path: string): Promise<void> {
  let exitCode = 0
  try {
    await onStop()
  } catch (error) {
    exitCode = 1
    process.stderr.write(`error: could not stop well: ${messageOf(error)}\n`)
  }
  server.close()
  await rm(path, { force: true }).catch(() => undefined)
  process.exit(exitCode)
}

function listen(server: Server, path: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(path, () => {
      server.removeListener('error', reject)
      resolve()
    })
  })
}
