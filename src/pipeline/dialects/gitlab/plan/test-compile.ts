import { expect } from 'vitest'
import { formatDiagnostic } from '../../../../core/index.ts'
import type { Plan, PlannedJob } from '../../../types.ts'
import type { CompileResult } from '../../types.ts'
import { mergedConfig } from '../keywords/test-config.ts'
import { compileMerged } from './compile.ts'
import { aJudge } from './test-judge.ts'

const START = { file: 'ci.yml', line: 1, column: 1 }

/** Of a plain text, where the conditions of `truths` hold. */
export async function compile(text: string, truths: readonly string[] = []): Promise<CompileResult> {
  return compileMerged(mergedConfig(text), START, aJudge(truths))
}

export async function planOf(text: string, truths: readonly string[] = []): Promise<Plan> {
  const result = await compile(text, truths)
  expect(result.kind === 'problems' ? result.diagnostics.map(formatDiagnostic) : []).toEqual([])
  if (result.kind !== 'plan') throw new Error(JSON.stringify(result))
  return result.plan
}

/** The first of its plan. */
export async function jobOf(text: string, truths: readonly string[] = []): Promise<PlannedJob> {
  return (await planOf(text, truths)).jobs[0]!
}

/** Lines of what is wrong; the kind of the result where nothing is. */
export async function problemsOf(text: string): Promise<readonly string[]> {
  const result = await compile(text)
  return result.kind === 'problems' ? result.diagnostics.map(formatDiagnostic) : [result.kind]
}
