import type { JobView } from '../../../src/api/views.ts'
import { useI18n } from '../i18n/index.tsx'
import { Badge } from '../ui/badge.tsx'
import { Panel } from '../ui/panel.tsx'

/** What a job's reports say: which tests failed, which figures it told. */
export function Reports({ reports }: { readonly reports: NonNullable<JobView['reports']> }) {
  const { t } = useI18n()
  const { tests, metrics = [], problems = [] } = reports
  if (!tests && metrics.length === 0 && problems.length === 0) return null
  return (
    <Panel title={t('job.reports')}>
      <div className="space-y-3">
        {problems.map(problem => (
          <p key={problem} className="text-warn">
            {problem}
          </p>
        ))}
        {tests && tests.failed.length > 0 && (
          <ul className="space-y-2">
            {tests.failed.map((failed, index) => (
              // biome-ignore lint/suspicious/noArrayIndexKey: two tests may have one name, and the list never changes
              <li key={index}>
                <Badge tone="bad" icon="cross">
                  {t(`job.test.${failed.kind}`)}
                </Badge>{' '}
                <span className="font-medium">{failed.name}</span>{' '}
                <code className="text-xs text-soft">{failed.file ?? failed.suite}</code>
                {failed.message && (
                  <pre className="mt-1 max-h-40 overflow-auto font-mono text-xs whitespace-pre-wrap">
                    {failed.message}
                  </pre>
                )}
              </li>
            ))}
          </ul>
        )}
        {metrics.length > 0 && (
          <dl className="grid grid-cols-[auto_1fr] gap-x-4 text-xs">
            {metrics.map(({ name, value }) => (
              <div key={name} className="contents">
                <dt className="font-mono">{name}</dt>
                <dd>{value}</dd>
              </div>
            ))}
          </dl>
        )}
      </div>
    </Panel>
  )
}
