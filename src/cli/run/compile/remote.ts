import { messageOf } from '../../../core/index.ts'
import type { Fetched } from '../../../pipeline/index.ts'

/** A file of configuration is small; a server that takes longer is not going to answer. */
const MAX_FETCH_MS = 20_000
const MAX_REDIRECTS = 5

/** A text by HTTPS. A redirection may not lead away from it. */
export async function fetchRemote(url: string, maxBytes: number): Promise<Fetched> {
  const signal = AbortSignal.timeout(MAX_FETCH_MS)
  try {
    let address = url
    for (let n = 0; n <= MAX_REDIRECTS; n++) {
      if (URL.parse(address)?.protocol !== 'https:') return missing(`${address} is no https address`)
      const answer = await fetch(address, { signal, redirect: 'manual' })
      const onward = answer.headers.get('location')
      if (answer.status >= 300 && answer.status < 400 && onward !== null) {
        address = new URL(onward, address).href
        continue
      }
      if (!answer.ok || !answer.body) return missing(`${address} answers ${answer.status}`)
      return await limited(answer.body, maxBytes, address)
    }
    return missing(`${url} leads from one address to the next, more than ${MAX_REDIRECTS} times`)
  } catch (error) {
    const cause = error instanceof Error && error.cause ? `: ${messageOf(error.cause)}` : ''
    return missing(`${url} could not be fetched: ${messageOf(error)}${cause}`)
  }
}

async function limited(
  body: ReadableStream<Uint8Array>,
  maxBytes: number,
  address: string,
): Promise<Fetched> {
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of body) {
    size += chunk.length
    if (size > maxBytes) return missing(`${address} is longer than ${maxBytes} bytes`)
    chunks.push(chunk)
  }
  return { kind: 'file', text: Buffer.concat(chunks).toString('utf8') }
}

function missing(reason: string): Fetched {
  return { kind: 'missing', reason }
}
