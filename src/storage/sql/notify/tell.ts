import { type ChannelId, type Instant, type NoticeId, newId, type ProjectId } from '../../../core/index.ts'
import { type News, type Told, wants } from '../../../notify/types.ts'
import type { Db } from '../stores.ts'
import { channelsOf } from './channels.ts'

/**
 * Notices that wait in one channel, at most: one that takes none for a day gets about as many of a busy project.
 * What comes then is written down as given up.
 */
const MAX_WAITING = 300

/** Writes down what happened for every channel of the project that wants it; within the change's own transaction. */
export async function tell(work: Db, project: ProjectId, news: News, at: Instant): Promise<void> {
  for (const channel of await channelsOf(work, project))
    if (wants(channel, news)) await addNotice(work, channel.id, news, at)
}

/** Of a channel's notices that have ended, all but the newest `keep`. */
export async function forget(work: Db, channel: string, keep: number): Promise<void> {
  const ended = work.selectFrom('notices').select('position').where('channel', '=', channel)
  const oldest = await ended
    .where('state', '!=', 'waiting')
    .orderBy('position', 'desc')
    .offset(keep)
    .limit(1)
    .executeTakeFirst()
  if (!oldest) return
  await work
    .deleteFrom('notices')
    .where('channel', '=', channel)
    .where('state', '!=', 'waiting')
    .where('position', '<=', oldest.position)
    .execute()
}

/** The last of its channel's. */
export async function addNotice(
  work: Db,
  channel: ChannelId,
  news: Told,
  at: Instant,
  occasion?: string,
): Promise<NoticeId> {
  const { last, waiting } = await work
    .selectFrom('notices')
    .select(({ fn, eb }) => [
      fn.max('position').as('last'),
      fn.sum<number | null>(eb.case().when('state', '=', 'waiting').then(1).else(0).end()).as('waiting'),
    ])
    .where('channel', '=', channel)
    .executeTakeFirstOrThrow()
  const full = Number(waiting ?? 0) >= MAX_WAITING
  const id = newId('notice')
  await work
    .insertInto('notices')
    .values({
      id,
      channel,
      position: (last ?? 0) + 1,
      news: JSON.stringify(news),
      at,
      occasion: occasion ?? null,
      state: full ? 'given-up' : 'waiting',
      tries: 0,
      tried_at: null,
      status: null,
      problem: full ? `${MAX_WAITING} notices wait already` : null,
    })
    .execute()
  if (full) await forget(work, channel, MAX_WAITING)
  return id
}
