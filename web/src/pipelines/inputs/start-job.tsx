import { useState } from 'react'
import type { JobInputView } from '../../../../src/api/views.ts'
import { Confirm } from '../../ui/confirm.tsx'
import { InputFields } from './input-fields.tsx'
import { readInputs, writtenOf } from './read-inputs.ts'

interface StartJobProps {
  readonly label: string
  readonly ask: string
  readonly text: string
  readonly inputs: readonly JobInputView[]
  readonly act: (inputs: Record<string, JobInputView['value']>) => Promise<unknown>
}

/** Asks for the values of a job's inputs before it is started, or started again. */
export function StartJob({ inputs, act, ...words }: StartJobProps) {
  const [written, setWritten] = useState(() => writtenOf(inputs))
  return (
    <Confirm {...words} act={() => act(readInputs(inputs, written))}>
      {inputs.length > 0 && <InputFields inputs={inputs} written={written} onWrite={setWritten} />}
    </Confirm>
  )
}
