import { calculateJwkThumbprint, exportJWK, generateKeyPair } from 'jose'
import { isoOf, type Json, makeSigningKey } from '../../core/index.ts'
import type { KeyPurpose, SigningKey } from '../../pipeline/index.ts'
import type { ControlPlane } from '../control-plane.ts'
import { ServerError } from '../errors.ts'

/** What clouds that read identity tokens take; 2048 bits are good beyond 2030 (NIST SP 800-57). */
export const TOKEN_ALGORITHM = 'RS256'
const MODULUS_BITS = 2048

/** What is asked of whom when a key does not open. */
const OF: Readonly<Record<KeyPurpose, { readonly name: string; readonly option: string }>> = {
  identity: { name: 'The key of identity tokens', option: '' },
  records: { name: 'The key of signed records', option: ' --for records' },
}

export type Plane = Pick<ControlPlane, 'stores' | 'vault' | 'clock'>

export interface KeyInfo {
  readonly id: string
  readonly createdAt: string
  readonly retiredAt: string | null
}

/** The key in use; makes the first one. Its private half is as `newPair` made it. Throws VAULT_SEALED. */
export async function openKey(
  plane: Plane,
  purpose: KeyPurpose,
): Promise<{ readonly id: string; readonly privateKey: string }> {
  const { id, sealed } = await keyInUse(plane, purpose)
  // Sealed for its purpose: no key signs what another is for.
  return { id, privateKey: await plane.vault.unseal(purpose, id, sealed).catch(unopened(purpose)) }
}

export async function keyInUse(plane: Plane, purpose: KeyPurpose): Promise<SigningKey> {
  const { delivery } = plane.stores
  for (;;) {
    const used = (await delivery.signingKeys(purpose)).find(isInUse)
    if (used) return used
    // Of two that make the first one, one does; both use that.
    await delivery.addSigningKey(await newKey(plane, purpose), undefined)
  }
}

/** Makes another key and signs with it from now on. */
export async function replaceKey(plane: Plane, purpose: KeyPurpose): Promise<KeyInfo> {
  const { delivery } = plane.stores
  for (;;) {
    const used = (await delivery.signingKeys(purpose)).find(isInUse)
    const key = await newKey(plane, purpose)
    if (await delivery.addSigningKey(key, used?.id)) return infoOf(key)
  }
}

export async function keyInfos(plane: Plane, purpose: KeyPurpose): Promise<readonly KeyInfo[]> {
  return (await plane.stores.delivery.signingKeys(purpose)).map(infoOf)
}

async function newKey(plane: Plane, purpose: KeyPurpose): Promise<SigningKey> {
  const { id, publicKey, privateKey } = await newPair(purpose)
  const sealed = await plane.vault.seal(purpose, id, privateKey)
  return { id, purpose, publicKey, sealed, createdAt: plane.clock.now() }
}

/** RSA as a JSON Web Key for tokens; Ed25519 in PEM for records. */
async function newPair(purpose: KeyPurpose): Promise<{
  readonly id: string
  readonly publicKey: SigningKey['publicKey']
  readonly privateKey: string
}> {
  if (purpose === 'records') {
    const { publicJwk, privateKey } = makeSigningKey()
    return { id: publicJwk.kid, publicKey: { ...publicJwk }, privateKey }
  }
  const pair = await generateKeyPair(TOKEN_ALGORITHM, { modulusLength: MODULUS_BITS, extractable: true })
  const publicKey = await exportJWK(pair.publicKey)
  const id = await calculateJwkThumbprint(publicKey)
  const privateKey = JSON.stringify(await exportJWK(pair.privateKey))
  return { id, publicKey: publicKey as Readonly<Record<string, Json>>, privateKey }
}

/** No secret of a project can be set again to mend it. */
function unopened(purpose: KeyPurpose): (cause: unknown) => never {
  return cause => {
    if (!(cause instanceof ServerError)) throw cause
    const { name, option } = OF[purpose]
    throw new ServerError(cause.code, {
      message: `${name} can't be opened: ${cause.message}`,
      hint: `Make another with \`ballast identity rotate${option}\`, or restore the data folder as a whole.`,
      cause,
    })
  }
}

function isInUse({ retiredAt }: SigningKey): boolean {
  return retiredAt === undefined
}

function infoOf({ id, createdAt, retiredAt }: SigningKey): KeyInfo {
  return { id, createdAt: isoOf(createdAt), retiredAt: retiredAt === undefined ? null : isoOf(retiredAt) }
}
