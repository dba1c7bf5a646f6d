import { lookup } from 'node:dns'
import type { LookupFunction } from 'node:net'
import type { MirrorAllowance } from '../../api/index.ts'
import { isPublic } from '../outbound/fetch.ts'

/** Resolves names, and fails where one leads to a private address and an admin has not allowed those. */
export function guarded(allowed: readonly MirrorAllowance[]): LookupFunction {
  return (name, options, callback) => {
    lookup(name, { ...options, all: true }, (error, addresses) => {
      if (error) return callback(error, '', 0)
      const hidden = allowed.includes('private')
        ? undefined
        : addresses.find(({ address }) => !isPublic(address))
      const first = addresses[0]
      if (hidden || !first)
        return callback(
          new Error(`${name} is at ${hidden?.address ?? 'no address'}, which is not allowed`),
          '',
          0,
        )
      if (options.all) return callback(null, addresses)
      callback(null, first.address, first.family)
    })
  }
}
