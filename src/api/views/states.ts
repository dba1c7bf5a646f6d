import { z } from 'zod'

export const jobStateSchema = z.enum([
  'blocked',
  'ready',
  'running',
  'waiting',
  'succeeded',
  'failed',
  'errored',
  'canceled',
  'skipped',
])
export const pipelineStateSchema = z.enum(['running', 'succeeded', 'failed', 'canceled'])
export const verdictSchema = z.enum(['passed', 'failed', 'inconclusive', 'not applicable'])
export const rolloutPhaseSchema = z.enum(['queued', 'preparing', 'progressing', 'promoted', 'aborted'])
