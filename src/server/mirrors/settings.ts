import type { Principal, Project } from '../../access/index.ts'
import { newId, randomText } from '../../core/index.ts'
import type { Forge, Mirror } from '../../pipeline/index.ts'
import type { ControlPlane } from '../control-plane.ts'
import { ServerError } from '../errors.ts'
import { allowances, readAddress } from './address.ts'
import { type Credentials, openHookSecret, sealCredentials, sealHookSecret } from './credentials.ts'

/** 200 bits: nobody guesses what signs a delivery. */
const HOOK_SECRET_LENGTH = 40

export interface MirrorRequest {
  readonly url: string
  readonly forge: Forge | undefined
  readonly apiUrl: string | undefined
  /** Undefined: those that are there stay, where the address has the same host; null: none. */
  readonly credentials: Credentials | null | undefined
  readonly statuses: boolean
  readonly newHook: boolean
}

/**
 * Sets where a project's branches come from; whoever sets it owns it. The hook and its secret stay unless others are
 * asked for. Credentials never follow to another host. Throws OUTBOUND_REFUSED, REQUEST_INVALID.
 */
export async function setMirror(
  plane: ControlPlane,
  project: Project,
  owner: Principal,
  request: MirrorRequest,
): Promise<{ readonly mirror: Mirror; readonly hookSecret: string | undefined }> {
  const { stores, vault, clock } = plane
  const allowed = await allowances(stores.settings)
  const { url } = readAddress(request.url, allowed)
  if (request.apiUrl !== undefined) checkApi(request.apiUrl, allowed)
  const before = await stores.triggers.mirror(project.id)
  const keeps = before !== undefined && originOf(before) === originOf({ url, apiUrl: request.apiUrl })
  const credentials =
    request.credentials === undefined
      ? keeps
        ? before.credentials
        : undefined
      : request.credentials && (await sealCredentials(vault, { project: project.id }, request.credentials))
  const forge = request.forge ?? before?.forge ?? guessForge(url)
  const newHook = before === undefined || request.newHook || before.forge !== forge
  const hookSecret = newHook ? randomText(HOOK_SECRET_LENGTH) : undefined
  const wanted = (before?.wanted ?? 0) + 1
  const mirror: Mirror = {
    project: project.id,
    hook: newHook ? newId('hook') : before.hook,
    forge,
    url,
    ...(request.apiUrl !== undefined && { apiUrl: request.apiUrl }),
    ...(credentials && { credentials }),
    hookSecret: hookSecret
      ? await sealHookSecret(vault, { project: project.id }, hookSecret)
      : await resealed(plane, before as Mirror),
    statuses: request.statuses,
    owner: owner.id,
    wanted,
    done: before?.done ?? 0,
    createdAt: before?.createdAt ?? clock.now(),
  }
  await stores.triggers.setMirror(mirror)
  return { mirror, hookSecret }
}

/** Opens it on the way: one that can't be opened is found out now, not with the next delivery. */
async function resealed({ vault }: ControlPlane, mirror: Mirror): Promise<string> {
  return sealHookSecret(vault, mirror, await openHookSecret(vault, mirror))
}

function checkApi(apiUrl: string, allowed: Parameters<typeof readAddress>[1]): void {
  const { protocol } = readAddress(apiUrl, allowed)
  if (protocol === 'https' || protocol === 'http') return
  throw new ServerError('REQUEST_INVALID', {
    message: 'The API of a forge is spoken with by https',
    hint: 'Such as https://git.example.org/api/v1.',
  })
}

/** To whom credentials are told. */
function originOf({ url, apiUrl }: { readonly url: string; readonly apiUrl?: string | undefined }): string {
  return [url, apiUrl ?? url]
    .map(address => `${new URL(address).protocol}//${new URL(address).host}`)
    .join(' ')
}

function guessForge(url: string): Forge {
  const { hostname } = new URL(url)
  if (/(^|\.)github\./.test(hostname)) return 'github'
  if (/(^|\.)gitlab\./.test(hostname)) return 'gitlab'
  if (/(^|\.)(gitea|codeberg|forgejo)\./.test(hostname)) return 'gitea'
  throw new ServerError('REQUEST_INVALID', {
    message: `Nothing tells which forge is at ${hostname || url}`,
    hint: 'Say so: github, gitlab or gitea (Forgejo too).',
  })
}
