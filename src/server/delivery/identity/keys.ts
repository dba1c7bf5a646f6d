import { importJWK, type JWK, type JWTPayload, SignJWT } from 'jose'
import {
  type KeyInfo,
  keyInUse,
  openKey,
  type Plane,
  replaceKey,
  TOKEN_ALGORITHM,
} from '../../signing/keys.ts'

const PURPOSE = 'identity'
/** Nothing that a key has signed is valid for longer, so a retired one can go after it. */
export const MAX_TOKEN_MS = 24 * 3_600_000
/** Clocks of those who check differ. */
const SKEW_MS = 3_600_000

/** Signs a token's claims with the key in use; makes the first one. Throws VAULT_SEALED. */
export async function signToken(plane: Plane, claims: JWTPayload): Promise<string> {
  const { id, privateKey } = await openKey(plane, PURPOSE)
  const header = { alg: TOKEN_ALGORITHM, kid: id, typ: 'JWT' }
  const key = await importJWK(JSON.parse(privateKey) as JWK, TOKEN_ALGORITHM)
  return new SignJWT(claims).setProtectedHeader(header).sign(key)
}

/** Public keys with which valid tokens were signed, as a JSON Web Key Set (RFC 7517) has them. */
export async function publishedKeys(plane: Plane): Promise<readonly JWK[]> {
  await keyInUse(plane, PURPOSE)
  const since = plane.clock.now() - MAX_TOKEN_MS - SKEW_MS
  const keys = await plane.stores.delivery.signingKeys(PURPOSE)
  return keys
    .filter(({ retiredAt }) => retiredAt === undefined || retiredAt > since)
    .map(({ id, publicKey }) => ({ ...publicKey, kid: id, alg: TOKEN_ALGORITHM, use: 'sig' }) as JWK)
}

/**
 * Makes another key and signs with it from now on. Those before it stay published until nothing that they signed
 * is valid any more.
 */
export async function rotateKeys(plane: Plane): Promise<KeyInfo> {
  const { delivery } = plane.stores
  const since = plane.clock.now() - MAX_TOKEN_MS - SKEW_MS
  for (const { id, retiredAt } of await delivery.signingKeys(PURPOSE))
    if (retiredAt !== undefined && retiredAt <= since) await delivery.removeSigningKey(id)
  return replaceKey(plane, PURPOSE)
}
