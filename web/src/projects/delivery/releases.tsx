import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import type { ReleaseView } from '../../../../src/api/delivery.ts'
import { releases } from '../../api/queries.ts'
import { useI18n } from '../../i18n/index.tsx'
import { shortCommit } from '../../pipelines/names.ts'
import { Cell, Row } from '../../ui/table.tsx'
import { Ago } from '../../ui/time.tsx'
import { Listed } from '../listed.tsx'
import { OutsideLink } from './outside-link.tsx'

export function Releases({ project }: { readonly project: string }) {
  const { t } = useI18n()
  const columns = [
    t('releases.tag'),
    t('projects.name'),
    t('pipelines.commit'),
    t('releases.links'),
    t('releases.released'),
  ]
  return (
    <Listed
      query={useQuery(releases(project))}
      label={t('tab.releases')}
      columns={columns}
      empty={{ title: t('releases.empty'), text: t('releases.emptyText') }}
      row={release => <ReleaseRow key={release.id} release={release} />}
    />
  )
}

function ReleaseRow({ release }: { readonly release: ReleaseView }) {
  const { t } = useI18n()
  const { tag, name, description, commit, pipeline, job, links } = release
  return (
    <Row>
      <Cell mono>
        <span className="font-semibold">{tag}</span>
      </Cell>
      <Cell wrap>
        <div className="font-medium">{name}</div>
        <div className="line-clamp-3 max-w-md text-xs break-words whitespace-pre-wrap text-soft">
          {description}
        </div>
      </Cell>
      <Cell>
        <Link
          to="/pipelines/$id"
          params={{ id: pipeline.id }}
          search={{ job: job.name }}
          className="hover:underline"
        >
          <code className="text-xs">{shortCommit(commit)}</code> · #{pipeline.number}
        </Link>
      </Cell>
      <Cell>
        {links.map(link => (
          <OutsideLink key={`${link.name} ${link.url}`} url={link.url}>
            {link.name}
          </OutsideLink>
        ))}
      </Cell>
      <Cell>
        <Ago at={release.releasedAt} />
        <div className="text-xs text-soft">{t('common.by', { who: release.by })}</div>
      </Cell>
    </Row>
  )
}
