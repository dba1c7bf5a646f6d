import { z } from 'zod'
import { csrfToken, send } from '../../api/http.ts'

const classSchema = z.object({
  label: z.string(),
  index: z.number(),
  score: z.number().optional(),
  top: z.array(z.object({ label: z.string(), score: z.number() })),
})

/** What the model said, and who said it how fast. */
export interface Answer {
  /** Where the model names a class: its scores, best first. */
  readonly classes: z.infer<typeof classSchema> | undefined
  readonly body: string
  readonly version: string | null
  readonly arm: 'stable' | 'baseline' | 'canary' | undefined
  /** From the first byte sent to the last one read, as this browser saw it. */
  readonly ms: number
}

const ARMS = ['stable', 'baseline', 'canary'] as const

export async function ask(model: string, body: Blob | string): Promise<Answer> {
  const csrf = await csrfToken()
  const type = typeof body === 'string' ? 'application/json' : body.type || 'application/octet-stream'
  const began = performance.now()
  const response = await send(`/api/v1/models/${encodeURIComponent(model)}/try`, {
    method: 'POST',
    headers: { 'x-ballast-csrf': csrf, 'content-type': type },
    body,
  })
  const text = await response.text()
  const ms = performance.now() - began
  const json: unknown = JSON.parse(text)
  return {
    classes: classSchema.safeParse(json).data,
    body: JSON.stringify(json, null, 2),
    version: response.headers.get('ballast-model-version'),
    arm: ARMS.find(arm => arm === response.headers.get('ballast-arm')),
    ms,
  }
}
