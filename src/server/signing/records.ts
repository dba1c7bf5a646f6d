import {
  type EnvelopeSignature,
  type PublicJwk,
  publicJwkOf,
  publicKeyOf,
  signPayload,
} from '../../core/index.ts'
import { keyInUse, openKey, type Plane } from './keys.ts'

const PURPOSE = 'records'

/** Signs a payload with the key in use; makes the first one. Throws VAULT_SEALED. */
export async function signRecord(
  plane: Plane,
  payloadType: string,
  payload: string,
): Promise<EnvelopeSignature> {
  return signPayload(await openKey(plane, PURPOSE), payloadType, payload)
}

/** Every public key that ever signed records, the oldest first, as JSON Web Keys: what they signed stays to be checked. */
export async function recordKeys(plane: Plane): Promise<readonly PublicJwk[]> {
  await keyInUse(plane, PURPOSE)
  const keys = await plane.stores.delivery.signingKeys(PURPOSE)
  return keys.map(({ publicKey }) => publicJwkOf(publicKeyOf(publicKey)))
}
