import type { ServerResponse } from 'node:http'

/** Answers that are not Git's own. git prints a text/plain body as `remote: …`. */
export function answer(
  response: ServerResponse,
  status: number,
  text: string,
  headers: Readonly<Record<string, string>> = {},
): void {
  if (response.headersSent || response.destroyed) {
    response.destroy()
    return
  }
  response.writeHead(status, {
    'Content-Type': 'text/plain; charset=utf-8',
    'Cache-Control': 'no-store',
    'X-Content-Type-Options': 'nosniff',
    ...headers,
  })
  response.end(`${text}\n`)
}

export function answerUnauthenticated(response: ServerResponse): void {
  answer(response, 401, 'Give a Ballast token as the password; any user name will do.', {
    'WWW-Authenticate': 'Basic realm="Ballast", charset="UTF-8"',
  })
}

/** Where the body was not read to its end, the connection can't be used again. */
export const CLOSE: Readonly<Record<string, string>> = { Connection: 'close' }
