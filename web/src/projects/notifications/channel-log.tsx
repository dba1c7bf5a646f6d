import { useQuery } from '@tanstack/react-query'
import { notices } from '../../api/queries.ts'
import { useI18n } from '../../i18n/index.tsx'
import { Loaded } from '../../ui/problem.tsx'
import { NoticeState } from './notice-state.tsx'

interface ChannelLogProps {
  readonly project: string
  readonly channel: string
}

/** The newest notices of a channel; read again while it is looked at. */
export function ChannelLog({ project, channel }: ChannelLogProps) {
  const { t } = useI18n()
  return (
    <Loaded query={useQuery(notices(project, channel))}>
      {list =>
        list.length === 0 ? (
          <p className="text-sm text-soft">{t('channels.logEmpty')}</p>
        ) : (
          <ul aria-label={t('channels.log')} className="max-h-[60vh] space-y-2 overflow-y-auto">
            {list.map(notice => (
              <li key={notice.id} className="border-b border-line pb-2 text-sm last:border-0">
                <div>{notice.title}</div>
                <NoticeState notice={notice} />
              </li>
            ))}
          </ul>
        )
      }
    </Loaded>
  )
}
