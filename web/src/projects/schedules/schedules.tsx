import { useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { type ScheduleView, scheduleRunSchema } from '../../../../src/api/triggers.ts'
import type { ProjectView } from '../../../../src/api/views.ts'
import { change, parse } from '../../api/http.ts'
import { schedules } from '../../api/queries.ts'
import { useI18n } from '../../i18n/index.tsx'
import { shortRef } from '../../pipelines/names.ts'
import { ActButton } from '../../ui/act-button.tsx'
import { Badge } from '../../ui/badge.tsx'
import { Button } from '../../ui/button.tsx'
import { Confirm } from '../../ui/confirm.tsx'
import { Icon } from '../../ui/icon.tsx'
import { Cell, Row } from '../../ui/table.tsx'
import { Ago } from '../../ui/time.tsx'
import { Listed } from '../listed.tsx'
import { NewSchedule } from './new-schedule.tsx'

export function Schedules({ project }: { readonly project: ProjectView }) {
  const { t } = useI18n()
  const [making, setMaking] = useState(false)
  const columns = [
    t('schedules.description'),
    t('schedules.cron'),
    t('pipelines.ref'),
    t('schedules.next'),
    t('schedules.last'),
    t('tokens.principal'),
    '',
  ]
  return (
    <>
      <div className="mb-3 flex justify-end">
        <Button onClick={() => setMaking(true)}>
          <Icon name="plus" />
          {t('schedules.new')}
        </Button>
      </div>
      {making && <NewSchedule project={project} onClose={() => setMaking(false)} />}
      <Listed
        query={useQuery(schedules(project.name))}
        label={t('tab.schedules')}
        columns={columns}
        empty={{ title: t('schedules.empty'), text: t('schedules.emptyText') }}
        row={schedule => <ScheduleRow key={schedule.id} project={project.name} schedule={schedule} />}
      />
    </>
  )
}

interface ScheduleRowProps {
  readonly project: string
  readonly schedule: ScheduleView
}

function ScheduleRow({ project, schedule }: ScheduleRowProps) {
  const { t } = useI18n()
  const client = useQueryClient()
  const path = `/api/v1/projects/${encodeURIComponent(project)}/schedules/${encodeURIComponent(schedule.id)}`
  const act = async (method: 'POST' | 'PUT' | 'DELETE', under = '', body?: unknown) => {
    const response = await change(method, path + under, body)
    await client.invalidateQueries({ queryKey: ['schedules', project] })
    return response
  }
  const [outcome, setOutcome] = useState<string>()
  const run = async () => {
    const response = await act('POST', '/run')
    setOutcome(parse(scheduleRunSchema, await response.json()).outcome)
  }
  const { description, cron, timeZone, ref, variables, inputs, active } = schedule
  const setActive = (next: boolean) =>
    act('PUT', '', { description, cron, timeZone, ref, variables, inputs, active: next })
  return (
    <Row>
      <Cell>
        <span className="font-medium">{description}</span>
      </Cell>
      <Cell>
        <code className="text-xs">{cron}</code>
        <div className="text-xs text-soft">{timeZone}</div>
      </Cell>
      <Cell mono>{shortRef(ref)}</Cell>
      <Cell>
        {active ? (
          schedule.nextRunAt && <Ago at={schedule.nextRunAt} />
        ) : (
          <Badge tone="quiet" icon="pause">
            {t('schedules.paused')}
          </Badge>
        )}
      </Cell>
      <Cell wrap>
        {schedule.lastRunAt ? <Ago at={schedule.lastRunAt} /> : t('tokens.never')}
        {schedule.lastOutcome && <div className="text-xs text-soft">{schedule.lastOutcome}</div>}
      </Cell>
      <Cell>{schedule.owner}</Cell>
      <Cell>
        <div className="flex flex-wrap items-center justify-end gap-1.5">
          {outcome && (
            <span role="status" className="text-xs text-soft">
              {outcome}
            </span>
          )}
          <ActButton act={run}>{t('schedules.run')}</ActButton>
          <ActButton act={() => setActive(!active)}>
            {t(active ? 'schedules.pause' : 'schedules.resume')}
          </ActButton>
          <Confirm
            danger
            label={t('schedules.remove')}
            ask={t('schedules.removeAsk', { name: description })}
            text={t('schedules.removeText')}
            act={() => act('DELETE')}
          />
        </div>
      </Cell>
    </Row>
  )
}
