import { z } from 'zod'
import { predictionLimitsSchema } from '../agents/gateway.ts'

export const meSchema = z.object({
  name: z.string(),
  admin: z.boolean(),
  scopes: z.array(z.string()),
  server: z.object({ version: z.string(), publicUrl: z.string(), gatewayUrl: z.string() }),
})
export type Me = z.infer<typeof meSchema>

export const projectSchema = z.object({
  id: z.string(),
  name: z.string(),
  defaultBranch: z.string(),
  createdAt: z.string(),
  /** Remote for `git clone`, without credentials. */
  remote: z.string(),
  role: z.string().nullable(),
})
export type ProjectView = z.infer<typeof projectSchema>

export const tokenViewSchema = z.object({
  id: z.string(),
  name: z.string(),
  principal: z.string(),
  scopes: z.array(z.string()),
  project: z.string().nullable(),
  createdAt: z.string(),
  expiresAt: z.string().nullable(),
  revokedAt: z.string().nullable(),
  lastUsedAt: z.string().nullable(),
  limits: predictionLimitsSchema.optional(),
})
export type TokenView = z.infer<typeof tokenViewSchema>

/** Each is looked at whenever a rollout might move on. */
const windowsSchema = z.array(z.string().max(160)).max(10)

export const policySchema = z.object({
  environment: z.string(),
  branches: z.array(z.string()),
  approvers: z.enum(['maintainer', 'admin']).optional(),
  gates: z.array(z.string()),
  maxFirstStep: z.number().min(0).max(1),
  predictions: z.enum(['token', 'public']),
  /** Of each model there, all callers together. */
  limits: predictionLimitsSchema.optional(),
  approval: z
    .object({
      expiresMs: z
        .number()
        .min(1000)
        .max(400 * 86_400_000)
        .optional(),
      byOthers: z.boolean(),
    })
    .optional(),
  /** Only versions that were promoted in this environment come here. */
  from: z
    .string()
    .regex(/^[a-z0-9][a-z0-9-]{0,62}$/)
    .optional(),
  /** When rollouts may move on: not within a window of `freeze`, only within those of `schedule`. */
  calendar: z.object({ freeze: windowsSchema, schedule: windowsSchema }).optional(),
})

export type PolicyView = z.infer<typeof policySchema>

/** GET /api/v1/projects/:project/policies. `set`: somebody set it; else it is the default. */
export const listedPolicySchema = policySchema.extend({ set: z.boolean() })
export type ListedPolicy = z.infer<typeof listedPolicySchema>

/** A secret or plain variable of a project or group: its value is never told. */
export const secretSchema = z.object({
  name: z.string(),
  environment: z.string(),
  kind: z.enum(['variable', 'file']),
  protected: z.boolean(),
  masked: z.boolean(),
  literal: z.boolean(),
  createdAt: z.string(),
})
export type SecretView = z.infer<typeof secretSchema>

/** What its setting answers: the projects whose jobs have it from now on. */
export const secretSetSchema = z.object({ projects: z.array(z.string()) })

export const protectedRefsSchema = z.object({
  branches: z.array(z.string()),
  tags: z.array(z.string()),
})
