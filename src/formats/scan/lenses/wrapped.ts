import { detectWrapper } from '../../codecs/detect.ts'
import { unwrap } from '../../codecs/unwrap.ts'
import type { Lens } from '../engine/lens.ts'

/** Compressed content: joblib's files, `.pkl.gz`, and what hides in byte strings. */
export const wrappedLens: Lens = {
  name: 'compressed',
  async scan(content, sink) {
    const wrapper = detectWrapper(content.head)
    if (!wrapper) return undefined
    const inner = await unwrap(content.source, wrapper)
    try {
      sink.spend(inner.size)
      const formats = await sink.descend(inner, wrapper)
      if (formats.length === 0 && inner.size > 0 && !sink.context.speculative) {
        const what = `what is under ${wrapper} is of no known format`
        sink.add({ rule: 'content/unrecognised', level: 'unknown', what })
      }
    } finally {
      await inner.close()
    }
    return wrapper
  },
}
