import type { PipelineEvent } from '../../types.ts'

const MARK = /\[(ci[ _-]skip|skip[ _-]ci)\]/i

/** What `git push -o …` asks for. */
export interface PushOptions {
  /** No pipeline for the branch or tag that is pushed; merge requests have theirs. */
  readonly skip: boolean
  readonly variables: Readonly<Record<string, string>>
  readonly inputs: Readonly<Record<string, string>>
}

/**
 * Reads the options that begin with `ci.`; others are not for us. Later ones outrank earlier ones.
 *
 *   ci.skip   ci.variable=MAX_RETRIES=10   ci.input=stage=test
 */
export function pushOptions(options: readonly string[]): PushOptions {
  const variables = new Map<string, string>()
  const inputs = new Map<string, string>()
  let skip = false
  for (const option of options) {
    if (option === 'ci.skip' || option === 'ci.no_pipeline') skip = true
    const [, kind, name, value] = /^ci\.(variable|input)="?(\w[\w-]*)=([\s\S]*?)"?$/.exec(option) ?? []
    if (kind && name) (kind === 'variable' ? variables : inputs).set(name, value ?? '')
  }
  return { skip, variables: Object.fromEntries(variables), inputs: Object.fromEntries(inputs) }
}

/**
 * Why a push or merge request gets no pipeline, if so: its last commit's message says `[skip ci]` or `[ci skip]`, or
 * the push does. What a person, a schedule or another pipeline asks for is never skipped.
 */
export function skipReason(
  event: PipelineEvent,
  commitMessage: string,
  options: Pick<PushOptions, 'skip'>,
): string | undefined {
  const pushed = event === 'push' || event === 'tag'
  if (pushed && options.skip) return 'the push has the option ci.skip'
  if (!pushed && event !== 'merge_request') return undefined
  const mark = MARK.exec(commitMessage)
  return mark ? `the commit's message has ${mark[0]}` : undefined
}
