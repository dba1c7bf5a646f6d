import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { useState } from 'react'
import type { ModelView, VersionView } from '../../../src/api/views.ts'
import { PAGE_SIZE, versions } from '../api/queries.ts'
import { useI18n } from '../i18n/index.tsx'
import { shortCommit } from '../pipelines/names.ts'
import { RollBack } from '../rollouts/roll-back.tsx'
import { Badge } from '../ui/badge.tsx'
import { Button } from '../ui/button.tsx'
import { Panel } from '../ui/panel.tsx'
import { Loaded } from '../ui/problem.tsx'
import { Cell, Row, Table } from '../ui/table.tsx'
import { Ago } from '../ui/time.tsx'
import type { Tone } from '../ui/tone.ts'

/** As many as the server gives at once. */
const MAX_SHOWN = 100

export function Versions({ model }: { readonly model: ModelView }) {
  const { t } = useI18n()
  const [limit, setLimit] = useState(PAGE_SIZE)
  const query = useQuery(versions(model.name, limit))
  const columns = [
    t('model.version'),
    t('model.serving'),
    t('model.scan'),
    t('pipelines.commit'),
    t('model.metrics'),
    t('common.bytes'),
    t('common.created'),
    '',
  ]
  return (
    <Panel title={t('model.versions')} flush>
      <Loaded query={query}>
        {list => (
          <>
            <Table label={t('model.versions')} columns={columns}>
              {list.map(version => (
                <VersionRow key={version.id} version={version} model={model} />
              ))}
            </Table>
            {list.length === limit && limit < MAX_SHOWN && (
              <Button look="bare" onClick={() => setLimit(Math.min(MAX_SHOWN, limit * 2))}>
                {t('common.more')}
              </Button>
            )}
          </>
        )}
      </Loaded>
    </Panel>
  )
}

/** Names that point at it, and what is unusual about it. */
function VersionNames({
  version: { names, variants, expired, imported },
}: {
  readonly version: VersionView
}) {
  const { t, format } = useI18n()
  return (
    <span className="ml-1 inline-flex flex-wrap gap-1">
      {names.map(name => (
        <Badge key={name} tone="quiet">
          {name}
        </Badge>
      ))}
      {variants.map(({ name, change, size, chosen }) => (
        <Badge
          key={`variant ${name}`}
          tone={chosen ? 'good' : 'quiet'}
          title={`${change}, ${format.bytes(size)}`}
        >
          {name}
        </Badge>
      ))}
      {imported !== null && (
        <Badge tone="quiet" title={imported}>
          {t('version.imported')}
        </Badge>
      )}
      {expired !== null && (
        <Badge tone="warn" title={expired.reason}>
          {t('version.expired')}
        </Badge>
      )}
    </span>
  )
}

const SERVING_TONE: Readonly<Record<VersionView['serving'], Tone>> = {
  stable: 'good',
  canary: 'warn',
  previous: 'quiet',
  none: 'quiet',
}

const SCAN_TONE: Readonly<Record<NonNullable<VersionView['scan']>['verdict'], Tone>> = {
  safe: 'good',
  unsafe: 'bad',
  unknown: 'warn',
}

/** An `unknown` that went on names, on hover, on whose word. */
function ScanVerdict({ version: { scan, notServed } }: { readonly version: VersionView }) {
  const { t } = useI18n()
  return (
    <>
      {scan ? (
        <Badge
          tone={SCAN_TONE[scan.verdict]}
          icon={scan.verdict === 'safe' ? 'check' : 'alert'}
          {...(scan.acceptance !== null && { title: scan.acceptance })}
        >
          {t(`scan.${scan.verdict}`)}
        </Badge>
      ) : (
        <span className="text-soft">–</span>
      )}
      {notServed !== null && (
        <div className="text-xs text-soft" title={notServed}>
          {t('model.notServed')}
        </div>
      )}
    </>
  )
}

/** The figures by which versions are told apart; all of them are on the pipeline's page. */
const SHOWN_METRICS = 3

interface VersionRowProps {
  readonly version: VersionView
  readonly model: ModelView
}

function VersionRow({ version, model }: VersionRowProps) {
  const { t, format } = useI18n()
  const { number, serving, commit, pipeline, metrics, size, digest, createdAt, format: encoding } = version
  const shown = Object.entries(metrics)
    .filter(([name]) => name !== 'size')
    .slice(0, SHOWN_METRICS)
  return (
    <Row>
      <Cell>
        <span className="font-semibold" title={digest}>
          v{number}
        </span>
        <VersionNames version={version} />
      </Cell>
      <Cell>
        {serving === 'none' ? (
          <span className="text-soft">–</span>
        ) : (
          <Badge tone={SERVING_TONE[serving]}>{t(`serving.${serving}`)}</Badge>
        )}
      </Cell>
      <Cell>
        <ScanVerdict version={version} />
        {encoding && <div className="text-xs text-soft">{encoding}</div>}
      </Cell>
      <Cell>
        <code className="text-xs">{shortCommit(commit)}</code>
        {pipeline && (
          <div className="text-xs text-soft">
            <Link to="/pipelines/$id" params={{ id: pipeline.id }} className="hover:underline">
              {t('model.pipelineOf', { number: pipeline.number })}
            </Link>
          </div>
        )}
      </Cell>
      <Cell>
        {shown.map(([name, value]) => (
          <div key={name} className="text-xs">
            <span className="text-soft">{name}</span>{' '}
            <span className="font-medium">{format.metric(name, value)}</span>
          </div>
        ))}
      </Cell>
      <Cell>{format.bytes(size)}</Cell>
      <Cell>
        <Ago at={createdAt} />
      </Cell>
      <Cell>
        {model.stable !== null &&
          version.notServed === null &&
          version.expired === null &&
          (serving === 'none' || serving === 'previous') && (
            <RollBack
              model={model.name}
              project={model.project}
              environment={model.environment}
              to={number}
            />
          )}
      </Cell>
    </Row>
  )
}
