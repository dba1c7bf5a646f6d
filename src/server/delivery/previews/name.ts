import { digestOf, hexOf } from '../../../core/index.ts'

/** Under this name a policy of all previews is set. */
export const PREVIEW = 'preview'
const PREFIX = `${PREVIEW}-`
/** As environments in ballast.yaml have at most. */
const MAX_NAME = 40
const SUFFIX = 6

/**
 * The environment of a branch. One that had to be changed ends with six characters made of the whole branch.
 *
 *   topic          preview-topic
 *   feature/add_x  preview-feature-add-x-1a2b3c
 */
export function previewNameOf(branch: string): string {
  const slug = branch
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-|-$/g, '')
  const plain = PREFIX + slug
  if (slug === branch && plain.length <= MAX_NAME) return plain
  const suffix = BigInt(`0x${hexOf(digestOf(branch))}`)
    .toString(36)
    .slice(-SUFFIX)
  return `${plain.slice(0, MAX_NAME - SUFFIX - 1).replace(/-$/, '')}-${suffix}`
}

/** Environments of models alone: no file can name one so. */
export function isPreview(environment: string): boolean {
  return environment.startsWith(PREFIX)
}
