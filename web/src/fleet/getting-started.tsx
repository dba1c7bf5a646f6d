import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { projects } from '../api/queries.ts'
import { useI18n } from '../i18n/index.tsx'
import { CodeLines } from '../ui/copy.tsx'
import { Empty } from '../ui/panel.tsx'

const EXAMPLE = `model:
  name: digits
  file: model.onnx
gates:
  - accuracy >= 0.97
deploy:
  production: { branch: main, strategy: canary, steps: [5%, 25%, 50%] }`

/** The way from nothing to a model that serves, with what this server really is called. */
export function GettingStarted() {
  const { t } = useI18n()
  const { data = [] } = useQuery(projects)
  const remote = data[0]?.remote ?? `${location.origin}/NAME.git`
  return (
    <Empty title={t('fleet.empty')}>
      <p>{t('fleet.emptyText')}</p>
      <ol className="list-decimal space-y-3 pl-5">
        <li>
          {t('fleet.start1')}{' '}
          <Link to="/projects" className="text-accent underline">
            {t('app.projects')}
          </Link>
        </li>
        <li className="space-y-1.5">
          <p>{t('fleet.start2')}</p>
          <CodeLines text={EXAMPLE} />
        </li>
        <li className="space-y-1.5">
          <p>{t('fleet.start3')}</p>
          <CodeLines text={`git remote add ballast ${remote}\ngit push ballast main`} />
          <p className="text-xs">{t('fleet.startHint')}</p>
        </li>
      </ol>
    </Empty>
  )
}
