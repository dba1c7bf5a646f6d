import type { Bytes, Digest, PackId } from '../../../core/index.ts'
import type { ChunkPlace } from '../../pack/types.ts'

/**
 * What the server and its packer say to each other, over Node's own channel between a process and its child. The
 * packer asks about chunks while it works, so that the database has one owner.
 *
 *   server                       packer
 *   work                    ->
 *                           <-   ask (1, 2, 3 …)
 *   answer (the same)       ->
 *                           <-   done | failed         and it ends
 */
export type ToPacker =
  | {
      readonly kind: 'work'
      readonly digest: Digest
      readonly path: string
      readonly draft: { readonly id: PackId; readonly path: string }
      /** Threads that encode. */
      readonly threads: number
    }
  | { readonly kind: 'places'; readonly ask: number; readonly places: readonly ChunkPlace[] }
  | { readonly kind: 'ancestors'; readonly ask: number; readonly ancestors: readonly Ancestor[] }

export type FromPacker =
  | { readonly kind: 'ask-places'; readonly ask: number; readonly chunks: readonly Digest[] }
  | { readonly kind: 'ask-ancestors'; readonly ask: number; readonly layout?: string }
  | { readonly kind: 'done'; readonly packSize: Bytes }
  | { readonly kind: 'failed'; readonly code?: string; readonly message: string }

/** An object to look for bases in. */
export interface Ancestor {
  readonly digest: Digest
  /** Holds its recipe. */
  readonly pack: PackId
  /** Its whole file, where it is there: faster to read than its pack. */
  readonly path?: string
}
