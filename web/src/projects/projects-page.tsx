import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { useState } from 'react'
import { projects } from '../api/queries.ts'
import { useI18n } from '../i18n/index.tsx'
import { Button } from '../ui/button.tsx'
import { CopyButton } from '../ui/copy.tsx'
import { Icon } from '../ui/icon.tsx'
import { Empty, PageHead } from '../ui/panel.tsx'
import { Loaded } from '../ui/problem.tsx'
import { Cell, Row, Table } from '../ui/table.tsx'
import { Ago } from '../ui/time.tsx'
import { NewProject } from './new-project.tsx'

export function ProjectsPage() {
  const { t } = useI18n()
  const [making, setMaking] = useState(false)
  const query = useQuery(projects)
  const columns = [
    t('projects.name'),
    t('projects.remote'),
    t('projects.branch'),
    t('projects.role'),
    t('common.created'),
  ]
  const button = (
    <Button look="main" onClick={() => setMaking(true)}>
      <Icon name="plus" />
      {t('projects.new')}
    </Button>
  )
  return (
    <>
      <PageHead title={t('projects.title')} actions={button} />
      {making && <NewProject onClose={() => setMaking(false)} />}
      <Loaded query={query}>
        {list =>
          list.length === 0 ? (
            <Empty title={t('projects.empty')}>{t('projects.emptyText')}</Empty>
          ) : (
            <div className="overflow-x-auto rounded-lg border border-line bg-surface">
              <Table label={t('projects.title')} columns={columns}>
                {list.map(({ id, name, remote, defaultBranch, role, createdAt }) => (
                  <Row key={id}>
                    <Cell>
                      <Link
                        to="/projects/$"
                        params={{ _splat: name }}
                        className="font-semibold hover:underline"
                      >
                        {name}
                      </Link>
                    </Cell>
                    <Cell mono>
                      <span className="inline-flex items-center gap-1">
                        {remote} <CopyButton text={remote} />
                      </span>
                    </Cell>
                    <Cell mono>{defaultBranch}</Cell>
                    <Cell>{role ?? '–'}</Cell>
                    <Cell>
                      <Ago at={createdAt} />
                    </Cell>
                  </Row>
                ))}
              </Table>
            </div>
          )
        }
      </Loaded>
    </>
  )
}
