import type { Message } from '../message.ts'

export const fleet = {
  'fleet.title': 'Fleet',
  'fleet.model': 'Model',
  'fleet.version': 'Live',
  'fleet.rollout': 'Rollout',
  'fleet.health': 'Health',
  'fleet.rate': 'Req/s',
  'fleet.latency': 'p50 / p99',
  'fleet.errors': 'Errors',
  'fleet.pipeline': 'Latest pipeline',
  'fleet.nothingLive': 'nothing live',
  'fleet.steady': 'steady',
  'fleet.empty': 'No model yet',
  'fleet.emptyText': 'A model appears here when a pipeline has registered its first version.',
  'fleet.start1': 'Make a project, and take its remote:',
  'fleet.start2': 'Describe the delivery in one file at the root of the repository:',
  'fleet.start3': 'Push:',
  'fleet.startHint': 'Git asks for a password: it is an access token with the scope push.',

  'health.serving': 'Serving',
  'health.degraded': 'Degraded',
  'health.down': 'Down',
  'health.none': 'Not deployed',
} as const satisfies Record<string, Message>
