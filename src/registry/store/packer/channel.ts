import type { Digest } from '../../../core/index.ts'
import type { ChunkPlace, FindChunks } from '../../pack/types.ts'
import type { Ancestor, FromPacker, ToPacker } from './messages.ts'

/** The packer's end: what it is to do, and its questions. */
export interface Channel {
  readonly work: Promise<Extract<ToPacker, { readonly kind: 'work' }>>
  readonly places: FindChunks
  ancestors(layout: string | undefined): Promise<readonly Ancestor[]>
}

/** The parent is the server itself, of the same release: what it sends has the shape that is written down. */
export function openChannel(): Channel {
  const waiting = new Map<number, (answer: ToPacker) => void>()
  const work = Promise.withResolvers<Extract<ToPacker, { readonly kind: 'work' }>>()
  process.on('message', (message: ToPacker) => {
    if (message.kind === 'work') return work.resolve(message)
    waiting.get(message.ask)?.(message)
    waiting.delete(message.ask)
  })
  let asked = 0
  const ask = (question: (ask: number) => FromPacker) => {
    const { promise, resolve } = Promise.withResolvers<ToPacker>()
    waiting.set(++asked, resolve)
    process.send!(question(asked))
    return promise
  }
  return {
    work: work.promise,
    async places(chunks) {
      const answer = await ask(number => ({ kind: 'ask-places', ask: number, chunks }))
      const places: readonly ChunkPlace[] = answer.kind === 'places' ? answer.places : []
      return new Map<Digest, ChunkPlace>(places.map(place => [place.chunk, place]))
    },
    async ancestors(layout) {
      const known = layout === undefined ? {} : { layout }
      const answer = await ask(number => ({ kind: 'ask-ancestors', ask: number, ...known }))
      return answer.kind === 'ancestors' ? answer.ancestors : []
    },
  }
}
