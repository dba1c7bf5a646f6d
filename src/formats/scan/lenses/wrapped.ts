import type { ByteSource } from '../../../core/index.ts'
import { detectWrapper } from '../../codecs/detect.ts'
import { unwrap } from '../../codecs/unwrap.ts'
import { FormatsError } from '../../errors.ts'
import type { Wrapper } from '../../types.ts'
import { type Content, extensionOf } from '../engine/content.ts'
import type { Lens } from '../engine/lens.ts'

/** Codecs without a magic number: other content may begin like them. */
const WITHOUT_MAGIC: ReadonlySet<Wrapper> = new Set(['zlib', 'lzma'])
const NAMES = /^\.(?:z|zlib|lzma|joblib|pkl|pickle)$/

/** Compressed content: joblib's files, `.pkl.gz`, and what hides in byte strings. */
export const wrappedLens: Lens = {
  name: 'compressed',
  async scan(content, sink) {
    const wrapper = detectWrapper(content.head)
    const inner = wrapper && (await unwrapped(content, wrapper))
    if (!inner) return undefined
    try {
      sink.spend(inner.size)
      if (inner.size === 0) return wrapper
      // Where what is under it is unknown, the whole is.
      return (await sink.descend(inner, wrapper)).length > 0 ? wrapper : undefined
    } finally {
      await inner.close()
    }
  },
}

/** Undefined for what only begins like something compressed. */
async function unwrapped(content: Content, wrapper: Wrapper): Promise<ByteSource | undefined> {
  try {
    return await unwrap(content.source, wrapper)
  } catch (error) {
    const guess = WITHOUT_MAGIC.has(wrapper) && !NAMES.test(extensionOf(content.name))
    if (guess && error instanceof FormatsError && error.code === 'FORMAT_MALFORMED') return undefined
    throw error
  }
}
