import { useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { type ChannelView, type NoticeView, noticeViewSchema } from '../../../../src/api/notify.ts'
import { change, parse } from '../../api/http.ts'
import { channels } from '../../api/queries.ts'
import { useI18n } from '../../i18n/index.tsx'
import { ActButton } from '../../ui/act-button.tsx'
import { Badge } from '../../ui/badge.tsx'
import { Button } from '../../ui/button.tsx'
import { Confirm } from '../../ui/confirm.tsx'
import { Dialog } from '../../ui/dialog.tsx'
import { Icon } from '../../ui/icon.tsx'
import { Cell, Row } from '../../ui/table.tsx'
import { Listed } from '../listed.tsx'
import { ChannelLog } from './channel-log.tsx'
import { NewChannel } from './new-channel.tsx'
import { NoticeState } from './notice-state.tsx'

/** Where a project's news go. What is secret comes in by the form, and is never read again. */
export function Channels({ project }: { readonly project: string }) {
  const { t } = useI18n()
  const [making, setMaking] = useState(false)
  const columns = [
    t('channels.name'),
    t('channels.kind'),
    t('channels.to'),
    t('channels.news'),
    t('channels.last'),
    '',
  ]
  return (
    <>
      <div className="mb-3 flex justify-end">
        <Button onClick={() => setMaking(true)}>
          <Icon name="plus" />
          {t('channels.new')}
        </Button>
      </div>
      {making && <NewChannel project={project} onClose={() => setMaking(false)} />}
      <Listed
        query={useQuery(channels(project))}
        label={t('tab.notifications')}
        columns={columns}
        empty={{ title: t('channels.empty'), text: t('channels.emptyText') }}
        row={channel => <ChannelRow key={channel.id} project={project} channel={channel} />}
      />
    </>
  )
}

interface ChannelRowProps {
  readonly project: string
  readonly channel: ChannelView
}

function ChannelRow({ project, channel }: ChannelRowProps) {
  const { t } = useI18n()
  const client = useQueryClient()
  const [log, setLog] = useState(false)
  const { name, kind, shown, news, environments, active, last } = channel
  const path = `/api/v1/projects/${encodeURIComponent(project)}/channels/${encodeURIComponent(name)}`
  const act = async (method: 'POST' | 'PUT' | 'DELETE', under = '', body?: unknown) => {
    const response = await change(method, path + under, body)
    await client.invalidateQueries({ queryKey: ['channels', project] })
    return response
  }
  /** The log is open as the test goes out, and shows what comes of it. */
  const test = async (): Promise<NoticeView> => {
    const response = await act('POST', '/test')
    setLog(true)
    return parse(noticeViewSchema, await response.json())
  }
  return (
    <Row>
      <Cell>
        <span className="font-medium">{name}</span>
      </Cell>
      <Cell>
        {t(`channels.${kind}`)}{' '}
        {!active && (
          <Badge tone="quiet" icon="pause">
            {t('channels.rests')}
          </Badge>
        )}
      </Cell>
      <Cell mono>{shown}</Cell>
      <Cell wrap>
        <span className="text-xs">{news.map(each => t(`news.${each}`)).join(', ')}</span>
        {environments.length > 0 && <div className="text-xs text-soft">{environments.join(', ')}</div>}
      </Cell>
      <Cell wrap>{last ? <NoticeState notice={last} /> : t('tokens.never')}</Cell>
      <Cell>
        <div className="flex flex-wrap items-center justify-end gap-1.5">
          <ActButton act={test}>{t('channels.test')}</ActButton>
          <Button onClick={() => setLog(true)}>{t('channels.log')}</Button>
          <ActButton act={() => act('PUT', '', { active: !active })}>
            {t(active ? 'channels.rest' : 'channels.wake')}
          </ActButton>
          <Confirm
            danger
            label={t('channels.remove')}
            ask={t('channels.removeAsk', { name })}
            text={t('channels.removeText')}
            act={() => act('DELETE')}
          />
        </div>
        {log && (
          <Dialog title={t('channels.logOf', { name })} onClose={() => setLog(false)}>
            <ChannelLog project={project} channel={name} />
          </Dialog>
        )}
      </Cell>
    </Row>
  )
}
