import type { MessageKey } from './en.ts'
import type { Message } from './message.ts'
import { app } from './zh/app.ts'
import { fleet } from './zh/fleet.ts'
import { jobs } from './zh/jobs.ts'
import { models } from './zh/models.ts'
import { pipelines } from './zh/pipelines.ts'
import { projects } from './zh/projects.ts'
import { rollouts } from './zh/rollouts.ts'
import { tokens } from './zh/tokens.ts'

export const zh: Record<MessageKey, Message> = {
  ...app,
  ...fleet,
  ...jobs,
  ...models,
  ...pipelines,
  ...projects,
  ...rollouts,
  ...tokens,
}
