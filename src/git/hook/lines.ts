import type { Readable } from 'node:stream'

/** A ref of 255 bytes, two ids and a mark; or a push option of MAX_OPTION_BYTES. */
const MAX_LINE = 1024

/** Lines of a stream. Ends early, by throwing, on a line longer than MAX_LINE. */
export async function* linesOf(stream: Readable): AsyncGenerator<string> {
  let rest = ''
  for await (const chunk of stream.iterator({ destroyOnReturn: false })) {
    rest += (chunk as Buffer).toString('latin1')
    let from = 0
    for (let end = rest.indexOf('\n'); end >= 0; end = rest.indexOf('\n', from)) {
      yield Buffer.from(rest.slice(from, end), 'latin1').toString('utf8')
      from = end + 1
    }
    rest = rest.slice(from)
    if (rest.length > MAX_LINE) throw new RangeError(`A hook sent a line of more than ${MAX_LINE} bytes`)
  }
}
