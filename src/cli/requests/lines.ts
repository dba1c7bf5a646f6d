import { exportEndSchema } from '../../api/index.ts'
import { BallastError, messageOf } from '../../core/index.ts'

/** As the last line of an answer begins; a request's begins with its id. */
const END = '{"end":'

/** The lines of an export, without the empty ones. Throws EXPORT_INCOMPLETE, after all that came. */
export async function* exportedLines(
  body: AsyncIterable<Uint8Array> | readonly Uint8Array[],
): AsyncGenerator<string> {
  let isWhole = false
  try {
    for await (const line of linesOf(body)) {
      if (line === '') continue
      if (!line.startsWith(END)) yield line
      else isWhole = checkedEnd(line)
    }
  } catch (error) {
    if (error instanceof BallastError) throw error
    throw incomplete(`the connection broke off (${messageOf(error)})`, 'Ask again.')
  }
  if (!isWhole) throw incomplete('the server ended its answer before it was done', 'Look at its log.')
}

/** Of bytes in UTF-8; the last one needs no line feed. */
export async function* linesOf(
  body: AsyncIterable<Uint8Array> | readonly Uint8Array[],
): AsyncGenerator<string> {
  const decoder = new TextDecoder()
  let rest = ''
  for await (const bytes of body) {
    const lines = (rest + decoder.decode(bytes, { stream: true })).split('\n')
    rest = lines.pop() ?? ''
    yield* lines
  }
  rest += decoder.decode()
  if (rest !== '') yield rest
}

function checkedEnd(line: string): true {
  const { gateways } = exportEndSchema.parse(JSON.parse(line)).end
  if (gateways.length === 0) {
    throw incomplete(
      'no gateway is connected to the server',
      'Gateways keep the logs: start them, and ask again.',
    )
  }
  const broken = gateways.filter(({ whole }) => !whole)
  if (broken.length === 0) return true
  const names = broken.map(({ gateway, records }) => `${gateway} (after ${records})`).join(', ')
  throw incomplete(
    `of ${gateways.length} gateways, these did not tell all that they have: ${names}`,
    'See whether they run, and ask again.',
  )
}

function incomplete(reason: string, hint: string): BallastError {
  return new BallastError('EXPORT_INCOMPLETE', { message: `Not all requests came: ${reason}`, hint })
}
