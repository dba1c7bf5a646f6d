import { z } from 'zod'
import { addressSchema } from './shared.ts'

export const armSchema = z.enum(['stable', 'baseline', 'canary'])
export const routeSchema = z.object({
  model: z.string(),
  environment: z.string(),
  project: z.string(),
  predictions: z.enum(['token', 'public']),
  arms: z.array(
    z.object({
      arm: armSchema,
      version: z.string(),
      versionNumber: z.number().int(),
      /** Part of the traffic; the arms' weights sum to 1. */
      weight: z.number().min(0).max(1),
      replicas: z.array(z.object({ replica: z.string(), address: addressSchema })),
    }),
  ),
  /** Versions that are warm but take no share: the previous stable. */
  standby: z.array(
    z.object({
      version: z.string(),
      versionNumber: z.number().int(),
      replicas: z.array(z.object({ replica: z.string(), address: addressSchema })),
    }),
  ),
  /** While a rollout is progressing: counts are kept under these names. */
  rollout: z.object({ id: z.string(), step: z.number().int() }).optional(),
})
export type Route = z.infer<typeof routeSchema>

/**
 * GET /api/v1/agents/gateway/stream: text/event-stream; event `table` with this on every change, event `lease`
 * ({}) every 2 s. A gateway keeps the last table on disk. Where `leaseMs` passes without a word, it gives the
 * traffic of baseline and canary to stable until the control plane is back.
 */
export const routingTableSchema = z.object({
  revision: z.number().int(),
  leaseMs: z.number(),
  routes: z.array(routeSchema),
  /** SHA-256 (hex) of the secrets that may predict, and where: no project means everywhere. */
  tokens: z.array(
    z.object({ hash: z.string(), project: z.string().optional(), expiresAt: z.number().optional() }),
  ),
})
export type RoutingTable = z.infer<typeof routingTableSchema>

export const armCountsSchema = z.object({
  requests: z.number().int(),
  errors: z.number().int(),
  latency: z.record(z.string(), z.number().int()),
})

/** POST /api/v1/agents/gateway/report: cumulative since this gateway process (`epoch`) started; every 250 ms while counts change. */
export const gatewayReportSchema = z.object({
  gateway: z.string(),
  epoch: z.string(),
  /** Table revision that this gateway routes by now. */
  revision: z.number().int(),
  rollouts: z.array(
    z.object({
      rollout: z.string(),
      step: z.number().int(),
      arms: z.partialRecord(armSchema, armCountsSchema),
    }),
  ),
  models: z.array(
    z.object({
      model: z.string(),
      environment: z.string(),
      version: z.string(),
      requests: z.number().int(),
      errors: z.number().int(),
      latency: z.record(z.string(), z.number().int()),
    }),
  ),
})
export type GatewayReport = z.infer<typeof gatewayReportSchema>
