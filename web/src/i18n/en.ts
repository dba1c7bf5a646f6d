import { app } from './en/app.ts'
import { fleet } from './en/fleet.ts'
import { jobs } from './en/jobs.ts'
import { models } from './en/models.ts'
import { pipelines } from './en/pipelines.ts'
import { projects } from './en/projects.ts'
import { rollouts } from './en/rollouts.ts'
import { tokens } from './en/tokens.ts'

export const en = {
  ...app,
  ...fleet,
  ...jobs,
  ...models,
  ...pipelines,
  ...projects,
  ...rollouts,
  ...tokens,
} as const

export type MessageKey = keyof typeof en
