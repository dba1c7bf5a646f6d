import type { Writable } from 'node:stream'
import type { LineTarget } from './lines.ts'

/** Standard output, for whoever gathers the logs of containers. It is never ended. */
export class StreamTarget implements LineTarget {
  readonly #stream: Writable

  constructor(stream: Writable) {
    this.#stream = stream
    // Told to each write as well; without a listener it would end the process.
    stream.on('error', () => undefined)
  }

  write(text: string): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#stream.write(text, error => (error ? reject(error) : resolve()))
    })
  }

  async close(): Promise<void> {}
}
