import { type Digest, isDigest } from '../../core/index.ts'
import { isRepositoryName } from '../http/address.ts'

/** What a URL below `/<repository>.git/info/lfs/` asks for. */
export type LfsAddress =
  | { readonly kind: 'batch'; readonly repository: string }
  | LockAddress
  | {
      readonly kind: 'object' | 'partial' | 'verify object'
      readonly repository: string
      readonly digest: Digest
    }

export type ObjectAddress = Extract<LfsAddress, { readonly digest: Digest }>
export type LockAddress =
  | { readonly kind: 'locks' | 'verify locks'; readonly repository: string }
  | { readonly kind: 'unlock'; readonly repository: string; readonly id: string }

const LFS_PATH = /^\/(.+)\.git\/info\/lfs\/(.+)$/
const OBJECT = /^objects\/([0-9a-f]{64})(?:\/(partial|verify))?$/
const UNLOCK = /^locks\/([A-Za-z0-9_-]{1,64})\/unlock$/
const PLAIN: Readonly<Record<string, 'batch' | 'locks' | 'verify locks'>> = {
  'objects/batch': 'batch',
  locks: 'locks',
  'locks/verify': 'verify locks',
}
const OBJECT_KINDS = { '': 'object', partial: 'partial', verify: 'verify object' } as const

/** Reads a path as it came, without decoding, as the Git door does. Undefined: nothing is there. */
export function parseLfsAddress(url: string): LfsAddress | undefined {
  const [path = ''] = url.split('?', 1)
  const [, repository = '', rest = ''] = LFS_PATH.exec(path) ?? []
  if (!isRepositoryName(repository)) return undefined
  const plain = Object.hasOwn(PLAIN, rest) ? PLAIN[rest] : undefined
  if (plain === 'batch') return { kind: plain, repository }
  if (plain !== undefined) return { kind: plain, repository }
  const [, id] = UNLOCK.exec(rest) ?? []
  if (id !== undefined) return { kind: 'unlock', repository, id }
  const [, hex = '', part = ''] = OBJECT.exec(rest) ?? []
  const digest = `sha256:${hex}`
  if (!isDigest(digest)) return undefined
  return { kind: OBJECT_KINDS[part as keyof typeof OBJECT_KINDS], repository, digest }
}

/** Addresses that answers give to clients. `origin` has no slash at its end. */
export function objectHref(
  origin: string,
  repository: string,
  digest: Digest,
  part: '' | '/partial' | '/verify' = '',
): string {
  return `${origin}/${repository}.git/info/lfs/objects/${digest.slice('sha256:'.length)}${part}`
}
