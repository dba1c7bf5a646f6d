import { connect } from 'node:net'
import { Signal } from '../../core/index.ts'
import { type Hello, MAX_HELLO, parseHello } from './hello.ts'

/** A role that is silent for this long after a connection is stuck, or not one of ours. */
const HELLO_MS = 5000

/** A supervisor's connection to a running role: as long as it is open, the process lives. */
export interface Link {
  /** The latest. */
  readonly hello: Hello
  readonly changed: Signal<Hello>
  /** When the process has died or closed its socket. */
  readonly closed: Promise<void>
  stop(): void
  /** Lets go of the role without ending it. */
  leave(): void
}

/** Connects to a role's control socket; undefined when nobody answers there. */
export function connectControl(path: string): Promise<Link | undefined> {
  return new Promise(resolve => {
    const socket = connect(path)
    const changed = new Signal<Hello>()
    const closed = new Promise<void>(done => socket.once('close', () => done()))
    let hello: Hello | undefined
    let text = ''

    const silence = setTimeout(() => socket.destroy(), HELLO_MS)
    socket.on('error', () => undefined)
    socket.once('close', () => {
      clearTimeout(silence)
      resolve(undefined)
    })
    socket.setEncoding('utf8')
    socket.on('data', (chunk: string) => {
      const lines = (text + chunk).split('\n')
      text = lines.pop() ?? ''
      if (text.length > MAX_HELLO) socket.destroy()
      for (const line of lines) {
        const told = parseHello(line)
        if (told === undefined) return socket.destroy()
        hello = told
        changed.emit(told)
      }
      if (hello === undefined) return
      clearTimeout(silence)
      resolve({
        get hello() {
          return hello!
        },
        changed,
        closed,
        stop: () => socket.write('stop\n'),
        leave: () => socket.destroy(),
      })
    })
  })
}
