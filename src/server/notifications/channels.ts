import type { z } from 'zod'
import type { Project } from '../../access/index.ts'
import type { channelBodySchema, channelChangeSchema } from '../../api/index.ts'
import { newId } from '../../core/index.ts'
import type { Channel } from '../../notify/index.ts'
import type { ControlPlane } from '../control-plane.ts'
import { conflict, ServerError } from '../errors.ts'
import { allowances } from './allowed.ts'
import { checkedTarget, openTarget, sealTarget, shownOf } from './targets.ts'

/** As many as a project has chat rooms, lists and tools of its own. */
const MAX_CHANNELS = 20

interface Set {
  readonly channel: Channel
  /** Where the server made one. */
  readonly secret: string | undefined
}

/** Throws OUTBOUND_REFUSED, REQUEST_INVALID, STATE_CONFLICT. */
export async function addChannel(
  { stores, vault, clock }: ControlPlane,
  project: Project,
  { target: asked, heldAfterMs, ...settings }: z.infer<typeof channelBodySchema>,
): Promise<Set> {
  const there = await stores.notify.channels(project.id)
  if (there.some(({ name }) => name === settings.name))
    throw conflict(
      `${project.name} has a channel ${settings.name} already`,
      'Choose another name, or remove that one.',
    )
  if (there.length >= MAX_CHANNELS)
    throw conflict(`${project.name} has ${MAX_CHANNELS} channels, and can't have more`, 'Remove one first.')
  const { target, made } = checkedTarget(asked, await allowances(stores.settings))
  const place = { id: newId('channel'), project: project.id }
  const channel: Channel = {
    ...place,
    ...settings,
    kind: target.kind,
    ...(heldAfterMs !== null && { heldAfter: heldAfterMs }),
    shown: shownOf(target),
    target: await sealTarget(vault, place, target),
    failures: 0,
    nextTryAt: clock.now(),
    createdAt: clock.now(),
  }
  await stores.notify.addChannel(channel)
  return { channel, secret: made }
}

/** What waits is tried at once. Throws as `addChannel`, and VAULT_SEALED. */
export async function changeChannel(
  { stores, vault, clock }: ControlPlane,
  before: Channel,
  { target: asked, heldAfterMs, news, environments, language, active }: z.infer<typeof channelChangeSchema>,
): Promise<Set> {
  if (asked && asked.kind !== before.kind)
    throw new ServerError('REQUEST_INVALID', {
      message: `Channel ${before.name} is a ${before.kind}; it can't become a ${asked.kind}`,
      hint: 'Add another channel, and remove this one.',
    })
  const checked =
    asked && checkedTarget(asked, await allowances(stores.settings), await openTarget(vault, before))
  const { heldAfter: _was, ...rest } = before
  const held = heldAfterMs === undefined ? before.heldAfter : (heldAfterMs ?? undefined)
  const channel: Channel = {
    ...rest,
    ...(news && { news }),
    ...(environments && { environments }),
    ...(language && { language }),
    ...(active !== undefined && { active }),
    ...(held !== undefined && { heldAfter: held }),
    ...(checked && {
      shown: shownOf(checked.target),
      target: await sealTarget(vault, before, checked.target),
    }),
    failures: 0,
    nextTryAt: clock.now(),
  }
  await stores.notify.changeChannel(channel)
  return { channel, secret: checked?.made }
}
