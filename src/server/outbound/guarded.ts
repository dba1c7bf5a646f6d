import { lookup } from 'node:dns'
import type { LookupFunction } from 'node:net'
import { isPublic } from './fetch.ts'

/** Resolves names for a connection, and fails where one leads to a private address and those are not allowed. */
export function guarded(allowPrivate: boolean): LookupFunction {
  return (name, options, callback) => {
    lookup(name, { ...options, all: true }, (error, addresses) => {
      if (error) return callback(error, '', 0)
      const hidden = allowPrivate ? undefined : addresses.find(({ address }) => !isPublic(address))
      const first = addresses[0]
      if (hidden || !first)
        return callback(new Error(`${name} is at ${hidden ? 'a private' : 'no'} address`), '', 0)
      if (options.all) return callback(null, addresses)
      callback(null, first.address, first.family)
    })
  }
}
