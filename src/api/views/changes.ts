import { z } from 'zod'

/**
 * GET /api/v1/events (text/event-stream): what changed, for whoever shows it. A client reads the thing again;
 * `id:` lets it resume with Last-Event-ID. Event `change` with this as data; `reset` when too much was missed.
 */
export const changeSchema = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('project'), project: z.string() }),
  z.object({ kind: z.literal('pipeline'), project: z.string(), pipeline: z.string() }),
  z.object({ kind: z.literal('rollout'), project: z.string(), model: z.string(), rollout: z.string() }),
  z.object({ kind: z.literal('model'), project: z.string(), model: z.string() }),
  /** Figures of traffic moved; at most one a second for a model. */
  z.object({ kind: z.literal('traffic'), project: z.string(), model: z.string() }),
])
export type Change = z.infer<typeof changeSchema>
