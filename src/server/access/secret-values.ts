import type { SealedSecret, SecretScope } from '../../access/index.ts'
import type { Vault } from './vault.ts'

/** What a secret's value is sealed for, so that it can't be moved to another scope, name or environment. */
type Place = Pick<SealedSecret, 'name' | 'environment'>

export function sealSecret(vault: Vault, scope: SecretScope, place: Place, value: string): Promise<string> {
  return vault.seal(scope, nameOf(place), value)
}

/** Throws VAULT_SEALED. */
export function openSecret(
  vault: Vault,
  scope: SecretScope,
  secret: Place & Pick<SealedSecret, 'sealed'>,
): Promise<string> {
  return vault.unseal(scope, nameOf(secret), secret.sealed)
}

/** No name has an `@`. */
function nameOf({ name, environment }: Place): string {
  return environment === '*' ? name : `${name}@${environment}`
}
