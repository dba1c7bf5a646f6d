import { useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import type { TokenView } from '../../../src/api/views.ts'
import { change } from '../api/http.ts'
import { tokens } from '../api/queries.ts'
import { useI18n } from '../i18n/index.tsx'
import { Badge } from '../ui/badge.tsx'
import { Button } from '../ui/button.tsx'
import { Confirm } from '../ui/confirm.tsx'
import { Icon } from '../ui/icon.tsx'
import { PageHead } from '../ui/panel.tsx'
import { Loaded } from '../ui/problem.tsx'
import { Cell, Row, Table } from '../ui/table.tsx'
import { Ago } from '../ui/time.tsx'
import { NewToken } from './new-token.tsx'

export function TokensPage() {
  const { t } = useI18n()
  const [making, setMaking] = useState(false)
  const [showAll, setShowAll] = useState(false)
  const query = useQuery({ ...tokens, staleTime: 0 })
  const columns = [
    t('tokens.name'),
    t('tokens.principal'),
    t('tokens.state'),
    t('tokens.scopes'),
    t('common.project'),
    t('tokens.expires'),
    t('tokens.lastUsed'),
    '',
  ]
  const actions = (
    <>
      <label className="flex items-center gap-1.5 text-sm text-soft">
        <input type="checkbox" checked={showAll} onChange={event => setShowAll(event.target.checked)} />
        {t('tokens.showRevoked')}
      </label>
      <Button look="main" onClick={() => setMaking(true)}>
        <Icon name="plus" />
        {t('tokens.new')}
      </Button>
    </>
  )
  return (
    <>
      <PageHead title={t('tokens.title')} actions={actions} />
      {making && <NewToken onClose={() => setMaking(false)} />}
      <Loaded query={query}>
        {list => (
          <div className="overflow-x-auto rounded-lg border border-line bg-surface">
            <Table label={t('tokens.title')} columns={columns}>
              {list
                .filter(token => showAll || token.revokedAt === null)
                .map(token => (
                  <TokenRow key={token.id} token={token} />
                ))}
            </Table>
          </div>
        )}
      </Loaded>
    </>
  )
}

function TokenRow({ token }: { readonly token: TokenView }) {
  const { t } = useI18n()
  const client = useQueryClient()
  const revoke = async () => {
    await change('DELETE', `/api/v1/tokens/${token.id}`)
    await client.invalidateQueries({ queryKey: tokens.queryKey })
  }
  const expired = token.expiresAt !== null && Date.parse(token.expiresAt) < Date.now()
  return (
    <Row>
      <Cell>
        <span className="font-medium">{token.name}</span>
      </Cell>
      <Cell>{token.principal}</Cell>
      <Cell>
        {token.revokedAt ? (
          <Badge tone="quiet" icon="cross">
            {t('tokens.revoked')}
          </Badge>
        ) : expired ? (
          <Badge tone="quiet" icon="stop">
            {t('tokens.expired')}
          </Badge>
        ) : (
          <Badge tone="good" icon="check">
            {t('tokens.active')}
          </Badge>
        )}
      </Cell>
      <Cell mono>{token.scopes.join(' ')}</Cell>
      <Cell>{token.project ?? <span className="text-soft">{t('tokens.allProjects')}</span>}</Cell>
      <Cell>{token.expiresAt ? <Ago at={token.expiresAt} /> : t('tokens.never')}</Cell>
      <Cell>{token.lastUsedAt ? <Ago at={token.lastUsedAt} /> : t('tokens.never')}</Cell>
      <Cell>
        {token.revokedAt === null && (
          <Confirm
            danger
            label={t('tokens.revoke')}
            ask={t('tokens.revokeAsk', { name: token.name })}
            text={t('tokens.revokeText')}
            act={revoke}
          />
        )}
      </Cell>
    </Row>
  )
}
