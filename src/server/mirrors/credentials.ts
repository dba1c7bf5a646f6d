import { z } from 'zod'
import type { Mirror } from '../../pipeline/index.ts'
import type { Vault } from '../access/vault.ts'

/** By which the server reads the remote and posts statuses. */
export interface Credentials {
  readonly user: string
  /** Empty where there is only a key. */
  readonly token: string
  /** For ssh: a private key, and the one that the host shows. The forge's API never sees them. */
  readonly ssh?: { readonly key: string; readonly hostKey: string } | undefined
}

const schema = z.object({
  user: z.string(),
  token: z.string(),
  ssh: z.object({ key: z.string(), hostKey: z.string() }).optional(),
})
/** What they are sealed for, with the project: no secret of a job has such a name. */
const CREDENTIALS = 'mirror credentials'
const HOOK_SECRET = 'mirror hook secret'

type Of = Pick<Mirror, 'project'>

export function sealCredentials(
  vault: Vault,
  { project }: Of,
  { user, token, ssh }: Credentials,
): Promise<string> {
  return vault.seal(project, CREDENTIALS, JSON.stringify({ user, token, ssh }))
}

/** Throws VAULT_SEALED. */
export async function openCredentials(vault: Vault, mirror: Mirror): Promise<Credentials | undefined> {
  if (mirror.credentials === undefined) return undefined
  return schema.parse(JSON.parse(await vault.unseal(mirror.project, CREDENTIALS, mirror.credentials)))
}

export function sealHookSecret(vault: Vault, { project }: Of, secret: string): Promise<string> {
  return vault.seal(project, HOOK_SECRET, secret)
}

/** Throws VAULT_SEALED. */
export function openHookSecret(vault: Vault, { project, hookSecret }: Mirror): Promise<string> {
  return vault.unseal(project, HOOK_SECRET, hookSecret)
}

/** Of `Authorization: Basic …`, as forges take tokens for git over HTTP. */
export function basic({ user, token }: Credentials): string {
  return `Basic ${Buffer.from(`${user}:${token}`, 'utf8').toString('base64')}`
}
