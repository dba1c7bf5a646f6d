import { isProtectedRef, type Project, secretScopesOf, selectSecrets } from '../../../access/index.ts'
import type { GivenVariable } from '../../../pipeline/index.ts'
import { openSecret } from '../../access/secret-values.ts'
import type { ControlPlane } from '../../control-plane.ts'

/** A variable beside the files, for one place. */
export interface SecretVariable extends GivenVariable {
  /** Hidden in logs. */
  readonly masked: boolean
}

/**
 * The secrets and plain variables of a project and its group, opened, for pipelines of this ref: the protected ones
 * on protected refs only, as far as the occasion is trusted. With an environment, also those that are for it. By name. Throws VAULT_SEALED.
 */
export async function givenVariables(
  { stores, vault }: Pick<ControlPlane, 'stores' | 'vault'>,
  project: Project,
  { ref, trusted = true }: { readonly ref: string; readonly trusted?: boolean },
  environment?: string,
): Promise<readonly SecretVariable[]> {
  const place = {
    protectedRef: trusted && isProtectedRef(project, ref),
    ...(environment !== undefined && { environment }),
  }
  const scopes = await Promise.all(
    secretScopesOf(project).map(async scope =>
      (await stores.access.secrets(scope)).map(secret => ({ scope, ...secret })),
    ),
  )
  return Promise.all(
    selectSecrets(scopes, place).map(async secret => ({
      name: secret.name,
      value: await openSecret(vault, secret.scope, secret),
      file: secret.kind === 'file',
      literal: secret.literal,
      masked: secret.masked,
    })),
  )
}
