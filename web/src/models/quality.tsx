import { useQuery } from '@tanstack/react-query'
import type { ModelView } from '../../../src/api/views.ts'
import { MAX_PAGE_SIZE, quality, versions } from '../api/queries.ts'
import { useI18n } from '../i18n/index.tsx'
import { Badge } from '../ui/badge.tsx'
import { Panel } from '../ui/panel.tsx'
import { Cell, Row, Table } from '../ui/table.tsx'
import { pairsByVersions, qualityByVersion, type VersionPair, type VersionQuality } from './quality-sums.ts'

/** How often each version was right, as labels that came later say; nothing where none came. */
export function QualityPanel({ model }: { readonly model: ModelView }) {
  const { t, format } = useI18n()
  const { data } = useQuery(quality(model.name, model.environment))
  const { data: known = [] } = useQuery(versions(model.name, MAX_PAGE_SIZE))
  if (!data || data.arms.length === 0) return null
  const nameOf = (id: string) => {
    const version = known.find(each => each.id === id)
    return version ? `v${version.number}` : id
  }
  const columns = [
    t('model.version'),
    t('quality.labelled'),
    t('quality.right'),
    t('quality.wrong'),
    t('quality.share'),
    t('quality.score'),
    t('quality.reward'),
  ]
  const pairs = pairsByVersions(data)
  return (
    <Panel title={t('quality.title')} flush>
      <Table label={t('quality.title')} columns={columns}>
        {qualityByVersion(data).map(each => (
          <QualityRow key={`${each.version} ${each.isShadow}`} quality={each} name={nameOf(each.version)} />
        ))}
      </Table>
      {pairs.length > 0 && (
        <ul className="space-y-1 p-3 text-sm text-soft">
          {pairs.map(pair => (
            <li key={`${pair.primary} ${pair.shadow}`} className="tabular">
              {t('quality.pairs', pairFigures(pair, nameOf, format.number))}
            </li>
          ))}
        </ul>
      )}
    </Panel>
  )
}

function QualityRow({ quality: of, name }: { readonly quality: VersionQuality; readonly name: string }) {
  const { t, format } = useI18n()
  const { isShadow, labelled, right, wrong, score, reward, rewards } = of
  const examples = right + wrong
  const orDash = (value: number | undefined) => (value === undefined ? '–' : format.number(value))
  return (
    <Row>
      <Cell>
        <span className="font-semibold">{name}</span>{' '}
        {isShadow && <Badge tone="quiet">{t('arm.shadow')}</Badge>}
      </Cell>
      <Cell>{format.number(labelled)}</Cell>
      <Cell>{format.number(right)}</Cell>
      <Cell>{format.number(wrong)}</Cell>
      <Cell>{examples > 0 ? format.percent(right / examples) : '–'}</Cell>
      <Cell>{orDash(score)}</Cell>
      <Cell>
        {orDash(reward)}
        {rewards > 0 && <span className="text-soft"> ({format.number(rewards)})</span>}
      </Cell>
    </Row>
  )
}

function pairFigures(pair: VersionPair, nameOf: (id: string) => string, show: (count: number) => string) {
  return {
    primary: nameOf(pair.primary),
    shadow: nameOf(pair.shadow),
    both: show(pair.both),
    only: show(pair.onlyPrimary),
    other: show(pair.onlyShadow),
    neither: show(pair.neither),
  }
}
