import {
  calculateJwkThumbprint,
  exportJWK,
  generateKeyPair,
  importJWK,
  type JWK,
  type JWTPayload,
  SignJWT,
} from 'jose'
import { isoOf } from '../../../core/index.ts'
import type { SigningKey } from '../../../pipeline/index.ts'
import type { ControlPlane } from '../../control-plane.ts'
import { ServerError } from '../../errors.ts'

const ALGORITHM = 'RS256'
/** What clouds that read these tokens take; 2048 bits are good beyond 2030 (NIST SP 800-57). */
const MODULUS_BITS = 2048
/** Nothing that a key has signed is valid for longer, so a retired one can go after it. */
export const MAX_TOKEN_MS = 24 * 3_600_000
/** Clocks of those who check differ. */
const SKEW_MS = 3_600_000
/** What a private key is sealed for. */
const PLACE = 'identity'

type Plane = Pick<ControlPlane, 'stores' | 'vault' | 'clock'>

/** Signs a token's claims with the key in use; makes the first one. Throws VAULT_SEALED. */
export async function signToken(plane: Plane, claims: JWTPayload): Promise<string> {
  const { id, sealed } = await keyInUse(plane)
  const jwk = JSON.parse(await plane.vault.unseal(PLACE, id, sealed).catch(unopened)) as JWK
  const header = { alg: ALGORITHM, kid: id, typ: 'JWT' }
  return new SignJWT(claims).setProtectedHeader(header).sign(await importJWK(jwk, ALGORITHM))
}

/** Public keys with which valid tokens were signed, as a JSON Web Key Set (RFC 7517) has them. */
export async function publishedKeys(plane: Plane): Promise<readonly JWK[]> {
  await keyInUse(plane)
  const since = plane.clock.now() - MAX_TOKEN_MS - SKEW_MS
  const keys = await plane.stores.delivery.signingKeys()
  return keys
    .filter(({ retiredAt }) => retiredAt === undefined || retiredAt > since)
    .map(({ id, publicKey }) => ({ ...publicKey, kid: id, alg: ALGORITHM, use: 'sig' }) as JWK)
}

/**
 * Makes another key and signs with it from now on. Those before it stay published until nothing that they signed
 * is valid any more.
 */
export async function rotateKeys(plane: Plane): Promise<KeyInfo> {
  const { delivery } = plane.stores
  const since = plane.clock.now() - MAX_TOKEN_MS - SKEW_MS
  for (const { id, retiredAt } of await delivery.signingKeys())
    if (retiredAt !== undefined && retiredAt <= since) await delivery.removeSigningKey(id)
  for (;;) {
    const used = (await delivery.signingKeys()).find(isInUse)
    const key = await newKey(plane)
    if (await delivery.addSigningKey(key, used?.id)) return infoOf(key)
  }
}

export interface KeyInfo {
  readonly id: string
  readonly createdAt: string
  readonly retiredAt: string | null
}

export async function keyInfos(plane: Plane): Promise<readonly KeyInfo[]> {
  return (await plane.stores.delivery.signingKeys()).map(infoOf)
}

/** No secret of a project can be set again to mend it. */
function unopened(cause: unknown): never {
  if (!(cause instanceof ServerError)) throw cause
  throw new ServerError(cause.code, {
    message: `The key of identity tokens can't be opened: ${cause.message}`,
    hint: 'Make another with `ballast identity rotate`, or restore the data folder as a whole.',
    cause,
  })
}

async function keyInUse(plane: Plane): Promise<SigningKey> {
  const { delivery } = plane.stores
  for (;;) {
    const used = (await delivery.signingKeys()).find(isInUse)
    if (used) return used
    // Of two that make the first one, one does; both use that.
    await delivery.addSigningKey(await newKey(plane), undefined)
  }
}

async function newKey({ vault, clock }: Plane): Promise<SigningKey> {
  const pair = await generateKeyPair(ALGORITHM, { modulusLength: MODULUS_BITS, extractable: true })
  const publicKey = await exportJWK(pair.publicKey)
  const id = await calculateJwkThumbprint(publicKey)
  const sealed = await vault.seal(PLACE, id, JSON.stringify(await exportJWK(pair.privateKey)))
  return { id, publicKey: publicKey as SigningKey['publicKey'], sealed, createdAt: clock.now() }
}

function isInUse({ retiredAt }: SigningKey): boolean {
  return retiredAt === undefined
}

function infoOf({ id, createdAt, retiredAt }: SigningKey): KeyInfo {
  return { id, createdAt: isoOf(createdAt), retiredAt: retiredAt === undefined ? null : isoOf(retiredAt) }
}
