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
      // What is under it is unknown: then the whole is.
      return (await sink.descend(inner, wrapper)).length > 0 ? wrapper : undefined
    } finally {
      await inner.close()
    }
  },
}
