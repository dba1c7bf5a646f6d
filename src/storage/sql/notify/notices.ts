import type { ChannelId, NoticeId } from '../../../core/index.ts'
import type { NotifyStore, Tried } from '../../../notify/ports.ts'
import { NOTICE_STATES, type Notice, type Told } from '../../../notify/types.ts'
import { has } from '../json.ts'
import { present, RowReader } from '../row.ts'
import type { Db } from '../stores.ts'
import { inTransaction } from '../transaction.ts'
import { channelOf } from './channels.ts'
import { addNotice, forget } from './tell.ts'

type NoticeStore = Pick<NotifyStore, 'tell' | 'tellOnce' | 'notice' | 'notices' | 'due' | 'tried'>

export function notices(db: Db): NoticeStore {
  const all = db.selectFrom('notices').selectAll()
  return {
    tell: (channel, told, at) => inTransaction(db, work => addNotice(work, channel, told, at)),
    tellOnce: (channel, news, occasion, at) =>
      inTransaction(db, async work => {
        const known = work.selectFrom('notices').select('id').where('channel', '=', channel)
        if (await known.where('occasion', '=', occasion).executeTakeFirst()) return
        await addNotice(work, channel, news, at, occasion)
      }),
    async notice(id) {
      const row = await all.where('id', '=', id).executeTakeFirst()
      return row && noticeOf(row)
    },
    async notices(channel, limit) {
      const query = all.where('channel', '=', channel).orderBy('position', 'desc').limit(limit)
      return (await query.execute()).map(noticeOf)
    },
    async due(now, limit) {
      const first = db
        .selectFrom('notices')
        .select(({ fn }) => ['channel', fn.min('position').as('position')])
        .where('state', '=', 'waiting')
        .groupBy('channel')
        .as('first')
      const rows = await db
        .selectFrom(first)
        .innerJoin('channels', 'channels.id', 'first.channel')
        .selectAll('channels')
        .select('first.position as first_position')
        .where('channels.active', '=', 1)
        .where('channels.next_try_at', '<=', now)
        .orderBy('channels.next_try_at')
        .orderBy('channels.id')
        .limit(limit)
        .execute()
      const due = await Promise.all(
        rows.map(async row => ({
          channel: channelOf(row),
          notice: await at(db, row.id, row.first_position),
        })),
      )
      return due.flatMap(({ channel, notice }) => (notice ? [{ channel, notice }] : []))
    },
    tried: (id, tried, keep) => inTransaction(db, work => write(work, id, tried, keep)),
  }
}

async function at(db: Db, channel: string, position: number): Promise<Notice | undefined> {
  const query = db.selectFrom('notices').selectAll().where('channel', '=', channel)
  const row = await query.where('position', '=', position).executeTakeFirst()
  return row && noticeOf(row)
}

async function write(work: Db, id: NoticeId, tried: Tried, keep: number): Promise<void> {
  const ended = tried.kind === 'sent' || tried.givenUp
  const row = await work
    .updateTable('notices')
    .set(({ eb }) => ({
      state: tried.kind === 'sent' ? 'sent' : tried.givenUp ? 'given-up' : 'waiting',
      tries: eb('tries', '+', 1),
      tried_at: tried.at,
      status: tried.status ?? null,
      problem: tried.kind === 'sent' ? null : tried.problem,
    }))
    .where('id', '=', id)
    .where('state', '=', 'waiting')
    .returning(['channel', 'position'])
    .executeTakeFirst()
  if (!row) return
  await work
    .updateTable('channels')
    .set(({ eb }) =>
      tried.kind === 'sent'
        ? { failures: 0, next_try_at: tried.at }
        : { failures: eb('failures', '+', 1), next_try_at: tried.nextTryAt },
    )
    .where('id', '=', row.channel)
    .execute()
  if (ended) await forget(work, row.channel, keep)
}

const isTold = has<Told>({ kind: 'string' })

function noticeOf(row: object): Notice {
  const read = new RowReader('notices', row)
  return {
    id: read.text<NoticeId>('id'),
    channel: read.text<ChannelId>('channel'),
    news: read.json('news', isTold),
    at: read.instant('at'),
    state: read.choice('state', NOTICE_STATES),
    tries: read.number('tries'),
    ...present({
      triedAt: read.optional('tried_at', column => read.instant(column)),
      status: read.optional('status', column => read.number(column)),
      problem: read.optional('problem', column => read.text(column)),
    }),
  }
}
