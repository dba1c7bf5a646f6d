import type { ChannelView, NoticeView } from '../../api/index.ts'
import { isoOf } from '../../core/index.ts'
import { type Channel, messageOf, type Notice } from '../../notify/index.ts'
import type { ControlPlane } from '../control-plane.ts'
import { factsOf } from '../notifications/facts.ts'
import { isoOrNull } from './times.ts'

type Plane = Pick<ControlPlane, 'stores' | 'settings'>

/** Without its target. */
export async function channelView(plane: Plane, channel: Channel): Promise<ChannelView> {
  const [last] = await plane.stores.notify.notices(channel.id, 1)
  const { id, name, kind, news, environments, language, heldAfter, shown, active, failures } = channel
  return {
    id,
    name,
    kind,
    news: [...news],
    environments: [...environments],
    language,
    heldAfterMs: heldAfter ?? null,
    shown,
    active,
    createdAt: isoOf(channel.createdAt),
    failures,
    nextTryAt: failures > 0 && last?.state === 'waiting' ? isoOf(channel.nextTryAt) : null,
    last: last ? await noticeView(plane, channel, last) : null,
  }
}

export async function noticeView(plane: Plane, channel: Channel, notice: Notice): Promise<NoticeView> {
  const facts = await factsOf(plane, channel.project, notice)
  return {
    id: notice.id,
    kind: notice.news.kind,
    title: facts ? messageOf(facts, channel.language).title : '',
    at: isoOf(notice.at),
    state: notice.state,
    tries: notice.tries,
    triedAt: isoOrNull(notice.triedAt),
    status: notice.status ?? null,
    problem: notice.problem ?? null,
  }
}
