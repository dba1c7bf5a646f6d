import { Link } from '@tanstack/react-router'
import { useI18n } from '../i18n/index.tsx'
import { Empty } from '../ui/panel.tsx'

export function NotFound() {
  const { t } = useI18n()
  return (
    <Empty title={t('app.notFound')}>
      <Link to="/" className="text-accent underline">
        {t('app.home')}
      </Link>
    </Empty>
  )
}
