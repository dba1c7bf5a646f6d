import { digestOf, hexOf } from '../../../../../core/index.ts'

/** Host names have labels of 63 characters at most. */
const MAX_SLUG = 63
const MAX_ENVIRONMENT_SLUG = 24
const SUFFIX = 6

/**
 * Lower case, with everything but letters and digits made to `-`, 63 characters, no `-` at either end.
 *
 *   Feature/Add_X   feature-add-x
 */
export function slugOf(text: string): string {
  const slug = text.toLowerCase().replace(/[^a-z0-9]/g, '-')
  return trimmed(slug.slice(0, MAX_SLUG))
}

/**
 * Of an environment's name: 24 characters, begins with a letter. One that had to be changed ends with six characters
 * made of the whole name, so that two names don't become one.
 *
 *   production     production
 *   review/add-x   review-add-x-1a2b3c
 */
export function environmentSlugOf(name: string): string {
  const plain = name.toLowerCase().replace(/[^a-z0-9]+/g, '-')
  const slug = /^[a-z]/.test(plain) ? plain : `env-${plain}`.replace(/-+/g, '-')
  if (slug === name && slug.length <= MAX_ENVIRONMENT_SLUG) return trimmed(slug)
  const suffix = BigInt(`0x${hexOf(digestOf(name))}`)
    .toString(36)
    .slice(-SUFFIX)
  return `${trimmed(slug.slice(0, MAX_ENVIRONMENT_SLUG - SUFFIX - 1))}-${suffix}`
}

function trimmed(slug: string): string {
  let [start, end] = [0, slug.length]
  while (slug[start] === '-') start++
  while (end > start && slug[end - 1] === '-') end--
  return slug.slice(start, end)
}
