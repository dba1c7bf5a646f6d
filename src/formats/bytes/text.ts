import type { ByteSource } from '../../core/index.ts'
import type { failing } from '../errors.ts'
import { chunksOf } from './ranges.ts'

/** A source's UTF-8 text in pieces, without a byte order mark. Throws `invalid` for bytes that are not UTF-8. */
export async function* textOf(
  source: ByteSource,
  invalid: ReturnType<typeof failing>,
): AsyncGenerator<string, void> {
  const decoder = new TextDecoder('utf-8', { fatal: true })
  let done = 0
  for await (const chunk of chunksOf(source)) {
    yield decode(() => decoder.decode(chunk, { stream: true }), done)
    done += chunk.byteLength
  }
  yield decode(() => decoder.decode(), done)

  function decode(take: () => string, at: number): string {
    try {
      return take()
    } catch (cause) {
      throw invalid(`${source.name} is not UTF-8 text behind byte ${at}`, { cause })
    }
  }
}
