import { useId } from 'react'
import type { JobInputView } from '../../../../src/api/views.ts'
import { useI18n } from '../../i18n/index.tsx'
import { INPUT } from '../../ui/field.tsx'
import type { Written } from './read-inputs.ts'

interface InputFieldsProps {
  readonly inputs: readonly JobInputView[]
  readonly written: Written
  readonly onWrite: (written: Written) => void
}

/** A field for each input of a job, by its type. */
export function InputFields({ inputs, written, onWrite }: InputFieldsProps) {
  return (
    <div className="space-y-3">
      {inputs.map(input => (
        <InputField
          key={input.name}
          input={input}
          value={written[input.name] ?? ''}
          onChange={value => onWrite({ ...written, [input.name]: value })}
        />
      ))}
    </div>
  )
}

interface InputFieldProps {
  readonly input: JobInputView
  readonly value: string
  readonly onChange: (value: string) => void
}

function InputField({ input, value, onChange }: InputFieldProps) {
  const { t } = useI18n()
  const id = useId()
  const choices = input.type === 'boolean' ? [true, false] : input.options
  const shared = { id, value, className: INPUT }
  return (
    <div>
      <label htmlFor={id} className="mb-1 block font-mono text-sm font-medium">
        {input.name}
      </label>
      {input.type === 'array' ? (
        <>
          <textarea
            {...shared}
            rows={3}
            spellCheck={false}
            aria-describedby={`${id}-hint`}
            onChange={event => onChange(event.target.value)}
          />
          <p id={`${id}-hint`} className="mt-1 text-xs text-soft">
            {t('job.inputLines')}
          </p>
        </>
      ) : choices ? (
        <select {...shared} onChange={event => onChange(event.target.value)}>
          {choices.map(choice => (
            <option key={String(choice)}>{String(choice)}</option>
          ))}
        </select>
      ) : (
        <input
          {...shared}
          inputMode={input.type === 'number' ? 'decimal' : 'text'}
          autoComplete="off"
          spellCheck={false}
          onChange={event => onChange(event.target.value)}
        />
      )}
    </div>
  )
}
