import {
  createHash,
  createPublicKey,
  generateKeyPairSync,
  type JsonWebKey,
  type KeyObject,
} from 'node:crypto'
import { CoreError, messageOf } from '../errors.ts'

/** More than anybody has keys: what is longer is no list of keys. */
const MAX_KEYS_TEXT = 1 << 20

/** A public key by which signatures are checked. Ed25519 (RFC 8032). */
export interface PublicKey {
  /** Thumbprint (RFC 7638). */
  readonly id: string
  readonly key: KeyObject
}

/** As others read it (RFC 8037): the public one alone. */
export interface PublicJwk {
  readonly kty: 'OKP'
  readonly crv: 'Ed25519'
  readonly x: string
  readonly kid: string
  readonly alg: 'EdDSA'
  readonly use: 'sig'
}

/** A new pair; `privateKey` is PKCS #8 in PEM. */
export function makeSigningKey(): { readonly publicJwk: PublicJwk; readonly privateKey: string } {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519')
  return {
    publicJwk: jwkOf(publicKey.export({ format: 'jwk' })),
    privateKey: privateKey.export({ format: 'pem', type: 'pkcs8' }).toString(),
  }
}

/**
 * Public keys of a text: PEM (SPKI), a JSON Web Key, or a set of them. Members that tell of a key's use are overlooked.
 * Throws KEY_UNREADABLE on another kind of key, and on a private one: it should not have come here.
 */
export function readPublicKeys(text: string): readonly PublicKey[] {
  if (text.length > MAX_KEYS_TEXT) throw unreadable(`${text.length} characters, at most ${MAX_KEYS_TEXT}`)
  if (/PRIVATE KEY/.test(text)) throw unreadable('a private key')
  try {
    if (text.trimStart().startsWith('-----')) {
      const key = createPublicKey(text)
      return [{ id: jwkOf(key.export({ format: 'jwk' })).kid, key }]
    }
    const value: unknown = JSON.parse(text)
    const jwks = hasKeys(value) ? value.keys : [value]
    return jwks.map(publicKeyOf)
  } catch (cause) {
    if (cause instanceof CoreError) throw cause
    throw unreadable(messageOf(cause), cause)
  }
}

/** One of a set. Throws KEY_UNREADABLE. */
export function publicKeyOf(value: unknown): PublicKey {
  if (!isObject(value)) throw unreadable(JSON.stringify(value) ?? 'nothing')
  if ('d' in value) throw unreadable('a private key')
  const { kid, ...rest } = jwkOf(value)
  try {
    return { id: kid, key: createPublicKey({ key: { ...rest }, format: 'jwk' }) }
  } catch (cause) {
    throw unreadable(messageOf(cause), cause)
  }
}

export function publicJwkOf({ key }: PublicKey): PublicJwk {
  return jwkOf(key.export({ format: 'jwk' }))
}

function jwkOf(value: object): PublicJwk {
  const { kty, crv, x } = value as JsonWebKey
  if (kty !== 'OKP' || crv !== 'Ed25519' || typeof x !== 'string')
    throw unreadable(`a key of kind ${String(kty)} ${String(crv ?? '')}`.trim())
  // RFC 7638: the members that make it, sorted, without white space.
  const kid = createHash('sha256').update(JSON.stringify({ crv, kty, x })).digest('base64url')
  return { kty, crv, x, kid, alg: 'EdDSA', use: 'sig' }
}

function hasKeys(value: unknown): value is { readonly keys: readonly unknown[] } {
  return isObject(value) && 'keys' in value && Array.isArray(value.keys)
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function unreadable(found: string, cause?: unknown): CoreError {
  return new CoreError('KEY_UNREADABLE', {
    message: `Expected public keys (Ed25519 as PEM or JSON Web Keys), found ${found}`,
    hint: 'Write them with `ballast identity keys --for records --public`.',
    ...(cause !== undefined && { cause }),
  })
}
