import { DECISIONS } from './decisions.ts'
import { FILES } from './files.ts'
import { KEEPING } from './keeping.ts'
import { ORDER } from './order.ts'
import { SCRIPTS } from './scripts.ts'
import type { Case } from './types.ts'

export const CASES: readonly Case[] = [...FILES, ...ORDER, ...SCRIPTS, ...KEEPING, ...DECISIONS]

export const DEFAULT_FILE = '.gitlab-ci.yml'

/** Files of the corpus that are included by others, and start no pipeline themselves. */
export const INCLUDED: readonly RegExp[] = [
  /\/\.gitlab-ci-input-template\.yml$/,
  /\/templates\/my-component\.yml$/,
  /^include-project-file-with-variable\/mock-test-file\.yml$/,
  /^include-template\/remote-mock\.yml$/,
  /^parent-child\/(8\/\.gitlab-ci|child-pipeline|nested-child-[12])\.yml$/,
  /^custom-home\/\.home\//,
]

/** `after-script/.gitlab-ci.yml`, and the occasion. */
export function titleOf({ folder, file = DEFAULT_FILE, when }: Case): string {
  return `${folder}/${file}${when === undefined ? '' : `: ${when}`}`
}
