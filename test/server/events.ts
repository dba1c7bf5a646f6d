import type { World } from './world.ts'

export interface StreamEvent {
  readonly event: string
  readonly id: string | undefined
  readonly data: unknown
}

/** Events of a text/event-stream as they come; comments are passed over. Closes the connection when left. */
export async function* readEvents(
  world: World,
  path: string,
  token: string,
  headers: Record<string, string> = {},
  signal?: AbortSignal,
  opened?: () => unknown,
): AsyncGenerator<StreamEvent> {
  const leave = new AbortController()
  const response = await fetch(`${world.url}${path}`, {
    headers: { authorization: `Bearer ${token}`, ...headers },
    signal: signal ? AbortSignal.any([signal, leave.signal]) : leave.signal,
  })
  if (response.status !== 200) throw new Error(`${path}: ${response.status} ${await response.text()}`)
  void opened?.()
  try {
    let pending = ''
    const decoder = new TextDecoder()
    for await (const chunk of response.body!) {
      pending += decoder.decode(chunk, { stream: true })
      const blocks = pending.split('\n\n')
      pending = blocks.pop()!
      for (const block of blocks) {
        const field = (name: string) => new RegExp(`^${name}: (.*)$`, 'm').exec(block)?.[1]
        const data = field('data')
        if (data !== undefined)
          yield { event: field('event') ?? 'message', id: field('id'), data: JSON.parse(data) }
      }
    }
  } finally {
    leave.abort()
  }
}
