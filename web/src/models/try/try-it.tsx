import { useMutation } from '@tanstack/react-query'
import { useState } from 'react'
import type { ModelView } from '../../../../src/api/views.ts'
import { useI18n } from '../../i18n/index.tsx'
import { Panel } from '../../ui/panel.tsx'
import { Problem } from '../../ui/problem.tsx'
import { AnswerView } from './answer.tsx'
import { ask } from './ask.ts'
import { ImageDrop } from './image-drop.tsx'
import { JsonEditor } from './json-editor.tsx'

type Way = 'image' | 'json'

export function TryIt({ model }: { readonly model: ModelView }) {
  const { t } = useI18n()
  const [way, setWay] = useState<Way>(model.acceptsImages ? 'image' : 'json')
  const asking = useMutation({ mutationFn: (body: Blob | string) => ask(model.name, body) })
  const choice = model.acceptsImages && (
    <fieldset
      aria-label={t('try.title')}
      className="flex overflow-hidden rounded-md border border-line text-xs"
    >
      {(['image', 'json'] as const).map(each => (
        <button
          key={each}
          type="button"
          aria-pressed={way === each}
          onClick={() => {
            setWay(each)
            asking.reset()
          }}
          className={`px-2 py-0.5 ${way === each ? 'bg-raised font-medium text-ink' : 'text-soft'}`}
        >
          {t(`try.${each}`)}
        </button>
      ))}
    </fieldset>
  )
  return (
    <Panel title={t('try.title')} aside={choice}>
      <div className="space-y-3">
        {model.stable === null && <p className="text-sm text-soft">{t('try.notServing')}</p>}
        {way === 'image' ? (
          <ImageDrop onImage={asking.mutate} busy={asking.isPending} />
        ) : (
          <JsonEditor inputs={model.inputs} onSend={asking.mutate} busy={asking.isPending} />
        )}
        <div aria-live="polite" className="space-y-3">
          {asking.isPending && <p className="text-sm text-soft">{t('try.sending')}</p>}
          {asking.error && <Problem error={asking.error} />}
          {asking.data && <AnswerView answer={asking.data} />}
        </div>
      </div>
    </Panel>
  )
}
