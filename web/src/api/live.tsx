import { type QueryClient, useQueryClient } from '@tanstack/react-query'
import { createContext, type ReactNode, useContext, useEffect, useState } from 'react'
import { changeSchema } from '../../../src/api/views.ts'
import { Gather, staleAfter } from './invalidation.ts'

export type LiveState = 'connecting' | 'live' | 'reconnecting'

const EVERY_MS = 250
/** The browser gives up by itself where the answer was no stream, such as from a proxy in between. */
const AGAIN_MS = 3000

const Context = createContext<LiveState>('connecting')

export const useLiveState = (): LiveState => useContext(Context)

/** One stream of changes for the whole page; what a change touches is read again. Nothing polls. */
export function LiveProvider({ children }: { readonly children: ReactNode }) {
  const client = useQueryClient()
  const [state, setState] = useState<LiveState>('connecting')
  useEffect(() => follow(client, setState), [client])
  return <Context value={state}>{children}</Context>
}

function follow(client: QueryClient, tell: (state: LiveState) => void): () => void {
  const gather = new Gather(EVERY_MS, keys =>
    Promise.all(keys.map(queryKey => client.invalidateQueries({ queryKey }))),
  )
  let source: EventSource
  let timer: ReturnType<typeof setTimeout> | undefined
  // Changes that nobody followed: before the first connection, or while a new stream knew no last id.
  let missed = false
  const connect = () => {
    source = new EventSource('/api/v1/events')
    source.onopen = () => {
      tell('live')
      if (missed) void client.invalidateQueries()
      missed = false
    }
    source.onerror = () => {
      tell('reconnecting')
      missed = true
      if (source.readyState !== EventSource.CLOSED) return
      void client.invalidateQueries({ queryKey: ['me'] })
      timer = setTimeout(connect, AGAIN_MS)
    }
    source.addEventListener('change', event => {
      const change = changeSchema.safeParse(JSON.parse(event.data))
      if (change.success) gather.add(staleAfter(change.data))
    })
    source.addEventListener('reset', () => void client.invalidateQueries())
  }
  connect()
  return () => {
    clearTimeout(timer)
    gather.close()
    source.close()
  }
}
