import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useId, useState } from 'react'
import { z } from 'zod'
import { tokenViewSchema } from '../../../src/api/views.ts'
import { change, parse } from '../api/http.ts'
import { me, projects, tokens } from '../api/queries.ts'
import { useI18n } from '../i18n/index.tsx'
import { Button } from '../ui/button.tsx'
import { CodeLines } from '../ui/copy.tsx'
import { Dialog } from '../ui/dialog.tsx'
import { Field, INPUT } from '../ui/field.tsx'
import { Problem } from '../ui/problem.tsx'

const SCOPES = ['read', 'push', 'trigger', 'predict', 'deploy', 'admin'] as const
type Scope = (typeof SCOPES)[number]
const DAYS = [7, 30, 90, 365] as const
const DAY_MS = 24 * 3_600_000

const madeSchema = z.object({ secret: z.string(), token: tokenViewSchema })
interface Asked {
  readonly name: string
  readonly scopes: readonly Scope[]
  readonly project: string
  readonly days: number
}

/** The form; then the secret, which is shown this once. */
export function NewToken({ onClose }: { readonly onClose: () => void }) {
  const { t } = useI18n()
  const client = useQueryClient()
  const making = useMutation({
    async mutationFn({ name, scopes, project, days }: Asked) {
      const response = await change('POST', '/api/v1/tokens', {
        name,
        scopes,
        ...(project && { project }),
        ...(days > 0 && { expiresInMs: days * DAY_MS }),
      })
      return parse(madeSchema, await response.json())
    },
    onSuccess: () => client.invalidateQueries({ queryKey: tokens.queryKey }),
  })
  return (
    <Dialog title={t('tokens.new')} onClose={onClose}>
      {making.data ? (
        <div className="space-y-4">
          <p role="status">{t('tokens.made', { name: making.data.token.name })}</p>
          <CodeLines text={making.data.secret} />
          <div className="flex justify-end">
            <Button look="main" onClick={onClose}>
              {t('common.close')}
            </Button>
          </div>
        </div>
      ) : (
        <TokenForm onAsk={making.mutate} onClose={onClose} busy={making.isPending} error={making.error} />
      )}
    </Dialog>
  )
}

interface TokenFormProps {
  readonly onAsk: (asked: Asked) => void
  readonly onClose: () => void
  readonly busy: boolean
  readonly error: unknown
}

function TokenForm({ onAsk, onClose, busy, error }: TokenFormProps) {
  const { t } = useI18n()
  const [name, setName] = useState('')
  const [scopes, setScopes] = useState<readonly Scope[]>(['read'])
  const [project, setProject] = useState('')
  const [days, setDays] = useState(90)
  return (
    <form
      className="space-y-4"
      onSubmit={event => {
        event.preventDefault()
        onAsk({ name: name.trim(), scopes, project, days })
      }}
    >
      <Field
        label={t('tokens.name')}
        required
        autoFocus
        maxLength={100}
        autoComplete="off"
        value={name}
        onChange={event => setName(event.target.value)}
      />
      <ScopeChoice chosen={scopes} onChoose={setScopes} />
      <div className="grid gap-3 sm:grid-cols-2">
        <ProjectChoice value={project} onChoose={setProject} />
        <ExpiryChoice value={days} onChoose={setDays} />
      </div>
      {error !== null && <Problem error={error} />}
      <div className="flex justify-end gap-2">
        <Button onClick={onClose}>{t('common.cancel')}</Button>
        <Button type="submit" look="main" disabled={busy || scopes.length === 0}>
          {t('tokens.create')}
        </Button>
      </div>
    </form>
  )
}

interface ScopeChoiceProps {
  readonly chosen: readonly Scope[]
  readonly onChoose: (scopes: readonly Scope[]) => void
}

/** Only what one's own token has can be given on. */
function ScopeChoice({ chosen, onChoose }: ScopeChoiceProps) {
  const { t } = useI18n()
  const own = useQuery(me).data?.scopes ?? []
  return (
    <fieldset>
      <legend className="mb-1 text-sm font-medium">{t('tokens.scopes')}</legend>
      {SCOPES.filter(scope => own.includes(scope)).map(scope => (
        <label key={scope} className="flex items-baseline gap-2 py-0.5 text-sm">
          <input
            type="checkbox"
            checked={chosen.includes(scope)}
            onChange={event =>
              onChoose(event.target.checked ? [...chosen, scope] : chosen.filter(each => each !== scope))
            }
          />
          <code className="w-16">{scope}</code>
          <span className="text-soft">{t(`scope.${scope}`)}</span>
        </label>
      ))}
    </fieldset>
  )
}

interface ChoiceProps<T> {
  readonly value: T
  readonly onChoose: (value: T) => void
}

function ProjectChoice({ value, onChoose }: ChoiceProps<string>) {
  const { t } = useI18n()
  const id = useId()
  const { data = [] } = useQuery(projects)
  return (
    <div>
      <label htmlFor={id} className="mb-1 block text-sm font-medium">
        {t('common.project')}
      </label>
      <select id={id} className={INPUT} value={value} onChange={event => onChoose(event.target.value)}>
        <option value="">{t('tokens.allProjects')}</option>
        {data.map(({ name }) => (
          <option key={name}>{name}</option>
        ))}
      </select>
    </div>
  )
}

function ExpiryChoice({ value, onChoose }: ChoiceProps<number>) {
  const { t } = useI18n()
  const id = useId()
  return (
    <div>
      <label htmlFor={id} className="mb-1 block text-sm font-medium">
        {t('tokens.expires')}
      </label>
      <select
        id={id}
        className={INPUT}
        value={value}
        onChange={event => onChoose(Number(event.target.value))}
      >
        {DAYS.map(days => (
          <option key={days} value={days}>
            {t('tokens.days', { n: days })}
          </option>
        ))}
        <option value={0}>{t('tokens.never')}</option>
      </select>
    </div>
  )
}
