import type { ChannelId, ProjectId } from '../../../core/index.ts'
import type { NotifyStore } from '../../../notify/ports.ts'
import { CHANNEL_KINDS, type Channel, LANGUAGES, type NewsKind } from '../../../notify/types.ts'
import { isTexts } from '../json.ts'
import { present, RowReader } from '../row.ts'
import type { Db } from '../stores.ts'

type ChannelStore = Pick<
  NotifyStore,
  'addChannel' | 'channel' | 'channels' | 'changeChannel' | 'removeChannel' | 'channelsForHeld'
>

export function channels(db: Db): ChannelStore {
  const all = db.selectFrom('channels').selectAll()
  return {
    async addChannel(channel) {
      await db.insertInto('channels').values(rowOf(channel)).execute()
    },
    async channel(id) {
      const row = await all.where('id', '=', id).executeTakeFirst()
      return row && channelOf(row)
    },
    channels: project => channelsOf(db, project),
    async changeChannel(channel) {
      const { id, project: _fixed, created_at: _made, ...content } = rowOf(channel)
      const { numUpdatedRows } = await db
        .updateTable('channels')
        .set(content)
        .where('id', '=', id)
        .executeTakeFirst()
      return numUpdatedRows === 1n
    },
    async removeChannel(id) {
      const { numDeletedRows } = await db.deleteFrom('channels').where('id', '=', id).executeTakeFirst()
      return numDeletedRows === 1n
    },
    async channelsForHeld() {
      const query = all.where('held_after', 'is not', null).where('active', '=', 1)
      return (await query.orderBy('created_at').orderBy('id').execute()).map(channelOf)
    },
  }
}

export async function channelsOf(db: Db, project: ProjectId): Promise<readonly Channel[]> {
  const query = db.selectFrom('channels').selectAll().where('project', '=', project)
  return (await query.orderBy('created_at').orderBy('id').execute()).map(channelOf)
}

function rowOf(channel: Channel) {
  return {
    id: channel.id,
    project: channel.project,
    name: channel.name,
    kind: channel.kind,
    news: JSON.stringify(channel.news),
    environments: JSON.stringify(channel.environments),
    language: channel.language,
    held_after: channel.heldAfter ?? null,
    shown: channel.shown,
    target: channel.target,
    active: Number(channel.active),
    failures: channel.failures,
    next_try_at: channel.nextTryAt,
    created_at: channel.createdAt,
  }
}

export function channelOf(row: object): Channel {
  const read = new RowReader('channels', row)
  return {
    id: read.text<ChannelId>('id'),
    project: read.text<ProjectId>('project'),
    name: read.text('name'),
    kind: read.choice('kind', CHANNEL_KINDS),
    news: read.json('news', isTexts<NewsKind>),
    environments: read.json('environments', isTexts),
    language: read.choice('language', LANGUAGES),
    ...present({ heldAfter: read.optional('held_after', column => read.number(column)) }),
    shown: read.text('shown'),
    target: read.text('target'),
    active: read.flag('active'),
    failures: read.number('failures'),
    nextTryAt: read.instant('next_try_at'),
    createdAt: read.instant('created_at'),
  }
}
