import type { AddressInfo } from 'node:net'
import { connect, createServer, type Server, type Socket } from 'node:net'

/** A line between a client and a server that breaks when so many bytes have passed in one direction. */
export class BreakingLine {
  readonly #server: Server
  readonly #sockets = new Set<Socket>()
  /** How often it broke. */
  broken = 0
  #left: { readonly direction: 'up' | 'down'; bytes: number } | undefined

  private constructor(server: Server) {
    this.#server = server
  }

  static async to(port: number): Promise<BreakingLine> {
    const server = createServer(client => {
      const target = connect(port, '127.0.0.1')
      line.#join(client, target, 'up')
      line.#join(target, client, 'down')
    })
    const line = new BreakingLine(server)
    await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
    return line
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port
  }

  /** The next connection through which `bytes` have gone is cut; then all goes through again. */
  breakAfter(direction: 'up' | 'down', bytes: number): void {
    this.#left = { direction, bytes }
  }

  async stop(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy()
    await new Promise(resolve => this.#server.close(resolve))
  }

  #join(from: Socket, to: Socket, direction: 'up' | 'down'): void {
    this.#sockets.add(from)
    from.on('error', () => to.destroy())
    from.on('close', () => {
      this.#sockets.delete(from)
      to.destroy()
    })
    let passed = 0
    from.on('data', chunk => {
      passed += chunk.length
      if (this.#left?.direction === direction && passed >= this.#left.bytes) {
        this.#left = undefined
        this.broken++
        // What came so far arrives; the rest does not.
        to.write(chunk, () => {
          from.destroy()
          to.destroy()
        })
      } else if (!to.write(chunk)) {
        from.pause()
        to.once('drain', () => from.resume())
      }
    })
  }
}
