import type { Writable } from 'node:stream'

/** When a stream takes more again, or never will. Leaves no listener behind. */
export function drained(stream: Pick<Writable, 'once' | 'off'>): Promise<void> {
  return new Promise(resolve => {
    const done = () => {
      stream.off('drain', done)
      stream.off('close', done)
      resolve()
    }
    stream.once('drain', done)
    stream.once('close', done)
  })
}
