import type { ServerResponse } from 'node:http'

/** Keeps proxies from closing a silent stream, and tells a dead peer from a quiet one. */
const PING_MS = 2_000
/** A reader that is this far behind is cut off; it comes back and resumes. */
const MAX_UNREAD_BYTES = 4 * 1024 * 1024

export interface EventStream {
  send(event: { readonly event?: string; readonly id?: string | number; readonly data: unknown }): void
  close(): void
  onClose(listener: () => void): void
  readonly open: boolean
}

/** Answers with a text/event-stream. `ping` is sent as a comment, or as an event of that name. */
export function openEventStream(
  response: ServerResponse,
  options: { readonly pingEvent?: string; readonly pingData?: () => unknown } = {},
): EventStream {
  response.writeHead(200, {
    'content-type': 'text/event-stream; charset=utf-8',
    'cache-control': 'no-store',
    connection: 'keep-alive',
    'x-accel-buffering': 'no',
  })
  response.write(': welcome\n\n')
  response.socket?.setNoDelay(true)
  const listeners = new Set<() => void>()
  let open = true
  const pingData = () => JSON.stringify(options.pingData?.() ?? {})
  const ping = setInterval(
    () => write(options.pingEvent ? `event: ${options.pingEvent}\ndata: ${pingData()}\n\n` : ': ping\n\n'),
    PING_MS,
  )
  const closed = () => {
    if (!open) return
    open = false
    clearInterval(ping)
    for (const listener of listeners) listener()
  }
  response.on('close', closed)
  // A write that meets a reader who is just going fails here, and says nothing that 'close' does not.
  response.on('error', () => undefined)
  const write = (text: string) => {
    if (!open) return
    if (response.writableLength > MAX_UNREAD_BYTES) response.destroy()
    else response.write(text)
  }
  // Whoever went away while the request was being checked closes nothing any more.
  if (response.destroyed) closed()
  return {
    send({ event, id, data }) {
      const head = `${event ? `event: ${event}\n` : ''}${id === undefined ? '' : `id: ${id}\n`}`
      write(`${head}data: ${JSON.stringify(data)}\n\n`)
    },
    close() {
      closed()
      response.end()
    },
    onClose(listener) {
      if (open) listeners.add(listener)
      else listener()
    },
    get open() {
      return open
    },
  }
}
