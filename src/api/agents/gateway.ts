import { z } from 'zod'
import { modelQualitySchema } from './quality.ts'
import { addressSchema } from './shared.ts'

/** Of gateways: what `waves` of a file name. */
export function isRegion(name: string): boolean {
  return /^[a-z0-9]([a-z0-9-]{0,38}[a-z0-9])?$/.test(name)
}

export const armSchema = z.enum(['stable', 'baseline', 'canary'])
const replicasSchema = z.array(z.object({ replica: z.string(), address: addressSchema }))

/** What predictions may take at most; absent members: no limit. */
export const predictionLimitsSchema = z.object({
  /** Requests a second over time, and how many may come at once before that. */
  rate: z
    .object({ perSecond: z.number().positive().max(1e6), burst: z.number().int().min(1).max(1e6) })
    .optional(),
  /** Requests of a calendar day or month in UTC. */
  quota: z.object({ requests: z.number().int().min(1).max(1e12), per: z.enum(['day', 'month']) }).optional(),
  /** The best priority that a caller may ask for, 1 before all others; absent: none but the default. */
  priority: z.number().int().min(1).max(255).optional(),
})
export type PredictionLimitsWire = z.infer<typeof predictionLimitsSchema>

const stepSchema = z.object({ id: z.string(), step: z.number().int() })

/** How requests are shared out beside the weights. */
export const routeTrafficSchema = z.object({
  sticky: z
    .discriminatedUnion('kind', [
      z.object({ kind: z.literal('header'), name: z.string() }),
      z.object({ kind: z.literal('cookie'), name: z.string(), maxAgeMs: z.number().positive() }),
    ])
    .optional(),
  /** The first that matches, and whose version serves, decides. Header names are lower case. */
  rules: z
    .array(
      z.object({
        header: z.string(),
        match: z.discriminatedUnion('kind', [
          z.object({ kind: z.literal('is'), text: z.string() }),
          z.object({ kind: z.literal('begins'), text: z.string() }),
          z.object({ kind: z.literal('present') }),
        ]),
        to: z.discriminatedUnion('kind', [
          z.object({ kind: z.literal('arm'), arm: armSchema }),
          z.object({ kind: z.literal('version'), versionNumber: z.number().int() }),
        ]),
      }),
    )
    .optional(),
  /** A share of the requests goes to this version too, whose answers nobody gets. */
  mirror: z
    .object({
      version: z.string(),
      versionNumber: z.number().int(),
      share: z.number().min(0).max(1),
      keep: z.enum(['digests', 'answers']),
      replicas: replicasSchema,
      /** A shadow step's: it ends with the lease, and its pairs are counted under these names. */
      rollout: stepSchema.optional(),
    })
    .optional(),
  /** What is written down of requests and answers, on the gateway's own disk. */
  log: z
    .object({
      share: z.number().min(0).max(1),
      redact: z.array(z.string().max(200)).max(100),
      bodies: z.boolean(),
      keepMs: z.number().positive(),
      limitBytes: z.number().positive(),
    })
    .optional(),
})
export type RouteTraffic = z.infer<typeof routeTrafficSchema>

export const routeSchema = z.object({
  model: z.string(),
  environment: z.string(),
  project: z.string(),
  predictions: z.enum(['token', 'public']),
  /** Whether callers may load and unload the model; no by default. */
  control: z.boolean().optional(),
  arms: z.array(
    z.object({
      arm: armSchema,
      version: z.string(),
      versionNumber: z.number().int(),
      /** Part of the traffic; the arms' weights sum to 1. */
      weight: z.number().min(0).max(1),
      replicas: replicasSchema,
    }),
  ),
  /** Versions that are warm but take no share: the previous stable. */
  standby: z.array(
    z.object({
      version: z.string(),
      versionNumber: z.number().int(),
      replicas: replicasSchema,
    }),
  ),
  /** While a rollout is progressing: counts are kept under these names. */
  rollout: stepSchema
    .extend({
      /** Feedback is counted by so many groups of callers, who each stay in one: for an experiment. */
      groups: z.number().int().min(2).max(256).optional(),
    })
    .optional(),
  traffic: routeTrafficSchema.optional(),
  /** Of all its callers together. */
  limits: predictionLimitsSchema.optional(),
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
    z.object({
      hash: z.string(),
      project: z.string().optional(),
      expiresAt: z.number().optional(),
      /** Says whose limit was reached, and is no secret. */
      id: z.string().optional(),
      /** Of all that the token asks for, wherever. */
      limits: predictionLimitsSchema.optional(),
    }),
  ),
})
export type RoutingTable = z.infer<typeof routingTableSchema>

/** Use of one quota: `key` is `token/<id>` or `route/<environment>/<model>`, `window` its day or month (`2026-11-27`, `2026-11`). */
export const quotaUseSchema = z.object({
  key: z.string(),
  window: z.string(),
  used: z.number().int().nonnegative(),
})
export type QuotaUse = z.infer<typeof quotaUseSchema>

/**
 * Data of the event `lease`. The use of quotas by other gateways, and how many gateways there are: each allows its part
 * of a rate. A gateway names itself in the header `Ballast-Gateway` when it opens the stream, and in `Ballast-Region` the
 * region by which rollouts go in waves.
 */
export const leaseSchema = z.object({
  gateways: z.number().int().min(1).optional(),
  elsewhere: z.array(quotaUseSchema).optional(),
})
export type Lease = z.infer<typeof leaseSchema>

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
  /** This gateway's use of quotas in their present windows, over its restarts. */
  quotas: z.array(quotaUseSchema).optional(),
  /** What mirrors answered, beside the version that answered the caller. */
  mirrors: z
    .array(
      z.object({
        model: z.string(),
        environment: z.string(),
        primary: z.string(),
        mirror: z.string(),
        /** Of a shadow step. */
        rollout: stepSchema.optional(),
        /** Both answered. */
        pairs: z.number().int(),
        /** Both with success, and the same to the byte (names and versions aside). */
        identical: z.number().int(),
        /** Both with success, and the same decisions: texts and largest scores. Never more than `compared`. */
        agreed: z.number().int(),
        /** Pairs of successful answers that were looked into: all, unless there was no time for it. */
        compared: z.number().int(),
        primaryErrors: z.number().int(),
        mirrorErrors: z.number().int(),
        /** Not mirrored, since the mirror was busy or away. */
        dropped: z.number().int(),
        /** Of the primary's successful answers in these pairs; told of a shadow step. */
        primaryLatency: z.record(z.string(), z.number().int()).optional(),
        /** Of the mirror's successful answers. */
        latency: z.record(z.string(), z.number().int()),
      }),
    )
    .optional(),
  /** What was told of requests later, joined with what was answered; over a gateway's restarts. */
  quality: z.array(modelQualitySchema).optional(),
})
export type GatewayReport = z.infer<typeof gatewayReportSchema>
