import { list } from '../../reader/composites.ts'
import type { Reader } from '../../reader/reader.ts'
import { text } from '../../reader/scalars.ts'

/** GitLab's own limit. */
const MAX_TAGS = 50

export const tags: Reader<readonly string[]> = list(text({ expected: 'a tag of runners', maxLength: 255 }), {
  max: MAX_TAGS,
  nested: true,
})
