import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import type { RolloutView } from '../../../../src/api/views.ts'
import { disagreements } from '../../api/queries.ts'
import { useI18n } from '../../i18n/index.tsx'
import { Button } from '../../ui/button.tsx'
import { Panel } from '../../ui/panel.tsx'
import { Loaded } from '../../ui/problem.tsx'
import { Pair } from './pair.tsx'

/**
 * Requests that the candidate's shadow decided otherwise. Read when somebody asks: gateways are asked for it, and who
 * looked at what callers sent is written down.
 */
export function Disagreements({ rollout }: { readonly rollout: RolloutView }) {
  const { t } = useI18n()
  const [asked, setAsked] = useState(false)
  const query = useQuery({ ...disagreements(rollout.id), enabled: asked })
  const ask = () => {
    if (asked) void query.refetch()
    setAsked(true)
  }
  return (
    <Panel
      title={t('disagree.title')}
      flush
      aside={
        <Button disabled={query.isFetching} onClick={ask}>
          {t(asked ? 'disagree.again' : 'disagree.show')}
        </Button>
      }
    >
      {asked ? (
        <Loaded query={query}>
          {({ disagreements: pairs, gateways }) => {
            const away = gateways.filter(({ whole }) => !whole).length
            return (
              <>
                {away > 0 && <p className="p-3 text-sm text-warn">{t('disagree.partly', { n: away })}</p>}
                {pairs.length === 0 ? (
                  <p className="p-3 text-sm text-soft">{t('disagree.none')}</p>
                ) : (
                  <ul aria-label={t('disagree.title')} className="max-h-160 overflow-y-auto">
                    {pairs.map(pair => (
                      <Pair
                        key={`${pair.requestId} ${pair.at}`}
                        pair={pair}
                        stable={rollout.stable?.number}
                        candidate={rollout.candidate.number}
                      />
                    ))}
                  </ul>
                )}
              </>
            )
          }}
        </Loaded>
      ) : (
        <p className="p-3 text-sm text-soft">{t('disagree.text')}</p>
      )}
    </Panel>
  )
}
