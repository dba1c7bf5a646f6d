import { Link } from '@tanstack/react-router'
import type { JobView } from '../../../src/api/views.ts'
import { useI18n } from '../i18n/index.tsx'
import { StateBadge } from '../ui/badge.tsx'
import { Ago } from '../ui/time.tsx'

/** Where the job is written, why it is here, what starts it, and the pipelines that it has made. */
export function JobFacts({ job }: { readonly job: JobView }) {
  const { t } = useI18n()
  return (
    <>
      {(job.at || job.why) && (
        <p className="text-xs text-soft">
          {job.at && <code>{job.at}</code>}
          {job.at && job.why && ' · '}
          {job.why}
        </p>
      )}
      {job.start !== 'on_success' && job.attempts.length === 0 && (
        <p className="text-xs text-soft">
          {t(`job.start.${job.start}`)}
          {job.due && (
            <>
              {' · '}
              <Ago at={job.due} />
            </>
          )}
        </p>
      )}
      {job.awaitsApproval && job.due && (
        <p className="text-xs text-soft">
          {t('job.approvalExpires')} <Ago at={job.due} />
        </p>
      )}
      {job.children.map(child => (
        <p key={child.id} className="flex items-center gap-2">
          <Link to="/pipelines/$id" params={{ id: child.id }} className="font-medium hover:underline">
            {child.project} #{child.number}
          </Link>
          <StateBadge state={child.state} />
        </p>
      ))}
      {job.rollout !== null && (
        <p>
          <Link to="/rollouts/$id" params={{ id: job.rollout }} className="text-accent underline">
            {t('job.sawRollout')}
          </Link>
        </p>
      )}
      {job.coverage !== null && <p>{t('job.coverage', { percent: job.coverage })}</p>}
    </>
  )
}
