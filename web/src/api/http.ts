import { z } from 'zod'
import { errorBodySchema } from '../../../src/api/views.ts'
import { ApiError } from './errors.ts'

const csrfSchema = z.object({ csrf: z.string().nullable() })
let csrf: string | undefined

/** After a log-in or a log-out the next change asks for the CSRF token anew. */
export function forgetCsrf(): void {
  csrf = undefined
}

/** GET that is held against its schema; after it nothing is unknown. */
export async function read<T>(path: string, schema: z.ZodType<T>, signal?: AbortSignal): Promise<T> {
  const response = await send(path, signal ? { signal } : {})
  return parse(schema, await response.json())
}

/** POST, PUT or DELETE with the session's CSRF token, which is fetched once. */
export async function change(
  method: 'POST' | 'PUT' | 'DELETE',
  path: string,
  body?: unknown,
): Promise<Response> {
  return send(path, {
    method,
    headers: {
      'x-ballast-csrf': await csrfToken(),
      ...(body !== undefined && { 'content-type': 'application/json' }),
    },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  })
}

/** The CSRF token of this session; empty where there is none. */
export async function csrfToken(): Promise<string> {
  csrf ??= (await read('/api/v1/session', csrfSchema)).csrf ?? ''
  return csrf
}

export async function send(path: string, init: RequestInit): Promise<Response> {
  let response: Response
  try {
    response = await fetch(path, init)
  } catch (cause) {
    if (cause instanceof DOMException && cause.name === 'AbortError') throw cause
    throw new ApiError(0, { code: 'OFFLINE', message: '' })
  }
  if (!response.ok) throw await errorOf(response)
  return response
}

export function parse<T>(schema: z.ZodType<T>, value: unknown): T {
  const result = schema.safeParse(value)
  if (result.success) return result.data
  console.error(result.error)
  throw new ApiError(200, { code: 'UNREADABLE', message: '' })
}

async function errorOf(response: Response): Promise<ApiError> {
  const text = await response.text()
  try {
    return new ApiError(response.status, errorBodySchema.parse(JSON.parse(text)).error)
  } catch {
    const message = `${response.status} ${response.statusText} ${text.slice(0, 200)}`.trim()
    return new ApiError(response.status, { code: 'UNREADABLE', message })
  }
}
