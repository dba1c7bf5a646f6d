import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import type { ListedPolicy } from '../../../../src/api/views.ts'
import { policies } from '../../api/queries.ts'
import { useI18n } from '../../i18n/index.tsx'
import { Badge } from '../../ui/badge.tsx'
import { CodeLines } from '../../ui/copy.tsx'
import { Panel } from '../../ui/panel.tsx'
import { Loaded } from '../../ui/problem.tsx'
import { type Line, policyLines } from './lines.ts'

/** What each environment allows, whatever a pushed file asks for. It is set by the command, and read here. */
export function Policies({ project }: { readonly project: string }) {
  const { t } = useI18n()
  return (
    <Loaded query={useQuery(policies(project))}>
      {list => (
        <div className="space-y-4">
          <p className="text-sm text-soft">{t('policies.text')}</p>
          <div className="grid items-start gap-4 lg:grid-cols-2">
            {list.map(policy => (
              <Policy key={policy.environment} policy={policy} />
            ))}
          </div>
          <CodeLines text={`ballast policy set ${project} production --help`} />
        </div>
      )}
    </Loaded>
  )
}

function Policy({ policy }: { readonly policy: ListedPolicy }) {
  const { t, format } = useI18n()
  const { environment, set } = policy
  return (
    <Panel
      title={
        <>
          <code>{environment}</code>
          <Badge tone={set ? 'good' : 'quiet'}>{t(set ? 'policies.set' : 'policies.default')}</Badge>
        </>
      }
      aside={
        <Link to="/deployments" search={{ environment }} className="hover:underline">
          {t('deployments.title')}
        </Link>
      }
    >
      <dl className="grid grid-cols-[auto_1fr] gap-x-4 gap-y-1.5 text-sm">
        {policyLines(policy, t, format).map(line => (
          <PolicyLine key={line.name} line={line} />
        ))}
      </dl>
    </Panel>
  )
}

function PolicyLine({ line: { name, values, isCode } }: { readonly line: Line }) {
  return (
    <>
      <dt className="text-soft">{name}</dt>
      <dd className="min-w-0 break-words">
        {values.map(value => (
          <div key={value}>{isCode ? <code className="text-xs">{value}</code> : value}</div>
        ))}
      </dd>
    </>
  )
}
