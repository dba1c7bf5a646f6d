import { infiniteQueryOptions, queryOptions } from '@tanstack/react-query'
import { z } from 'zod'
import { qualitySchema } from '../../../src/api/agents/quality.ts'
import { environmentViewSchema, releaseViewSchema } from '../../../src/api/delivery.ts'
import { deploymentsSchema } from '../../../src/api/deployments.ts'
import { channelViewSchema, noticeViewSchema } from '../../../src/api/notify.ts'
import { disagreementsSchema } from '../../../src/api/requests.ts'
import { mergeRequestViewSchema, scheduleViewSchema } from '../../../src/api/triggers.ts'
import { lineageSchema, logSchema } from '../../../src/api/versions.ts'
import {
  listedPolicySchema,
  meSchema,
  modelViewSchema,
  pipelineSummarySchema,
  pipelineViewSchema,
  projectSchema,
  rolloutViewSchema,
  tokenViewSchema,
  versionViewSchema,
} from '../../../src/api/views.ts'
import { read } from './http.ts'

/** Every thing that pages read, under the key by which a change makes it be read again (invalidation.ts). */
const e = encodeURIComponent

export const PAGE_SIZE = 25
/** As many as the server gives at once. */
export const MAX_PAGE_SIZE = 100

export const me = queryOptions({
  queryKey: ['me'],
  queryFn: ({ signal }) => read('/api/v1/me', meSchema, signal),
})

export const models = queryOptions({
  queryKey: ['models'],
  queryFn: ({ signal }) => read('/api/v1/models', z.array(modelViewSchema), signal),
})

export const model = (name: string) =>
  queryOptions({
    queryKey: ['model', name],
    queryFn: ({ signal }) => read(`/api/v1/models/${e(name)}`, modelViewSchema, signal),
  })

/** As it is in one environment. */
export const modelIn = (name: string, environment: string) =>
  queryOptions({
    queryKey: ['model', name, environment],
    queryFn: ({ signal }) =>
      read(`/api/v1/models/${e(name)}?environment=${e(environment)}`, modelViewSchema, signal),
  })

export const versions = (name: string, limit: number) =>
  queryOptions({
    queryKey: ['versions', name, limit],
    queryFn: ({ signal }) =>
      read(`/api/v1/models/${e(name)}/versions?limit=${limit}`, z.array(versionViewSchema), signal),
    placeholderData: previous => previous,
  })

export const rollouts = (name: string) =>
  queryOptions({
    queryKey: ['rollouts', name],
    queryFn: ({ signal }) => read(`/api/v1/models/${e(name)}/rollouts`, z.array(rolloutViewSchema), signal),
  })

export const rollout = (name: string, id: string) =>
  queryOptions({
    queryKey: ['rollout', name, id],
    queryFn: ({ signal }) => read(`/api/v1/rollouts/${e(id)}`, rolloutViewSchema, signal),
  })

/** Of which model it is, where its id alone is known. */
export const rolloutById = (id: string) =>
  queryOptions({
    queryKey: ['rollout-by-id', id],
    queryFn: ({ signal }) => read(`/api/v1/rollouts/${e(id)}`, rolloutViewSchema, signal),
  })

/** No change makes it be read again: what callers sent is read when somebody asks for it. */
export const disagreements = (id: string) =>
  queryOptions({
    queryKey: ['disagreements', id],
    queryFn: ({ signal }) => read(`/api/v1/rollouts/${e(id)}/disagreements`, disagreementsSchema, signal),
  })

/** What labels say of its versions. */
export const quality = (name: string, environment: string) =>
  queryOptions({
    queryKey: ['quality', name, environment],
    queryFn: ({ signal }) =>
      read(`/api/v1/models/${e(name)}/quality?environment=${e(environment)}`, qualitySchema, signal),
    staleTime: 0,
  })

/** The latest lines of what served where. */
export const modelLog = (name: string) =>
  queryOptions({
    queryKey: ['log', name],
    queryFn: ({ signal }) => read(`/api/v1/models/${e(name)}/log?limit=${MAX_PAGE_SIZE}`, logSchema, signal),
  })

/** What serves everywhere that one may see. */
export const deploymentsNow = queryOptions({
  queryKey: ['deployments', 'now'],
  queryFn: ({ signal }) => read('/api/v1/deployments?limit=1', deploymentsSchema, signal),
})

/** What served when, by pages that go back to the first. */
export const deploymentHistory = (search: { readonly environment?: string; readonly model?: string }) =>
  infiniteQueryOptions({
    queryKey: ['deployments', 'history', search.environment ?? '', search.model ?? ''],
    queryFn: ({ pageParam, signal }) => {
      const asked = new URLSearchParams({ ...search, limit: `${PAGE_SIZE}` })
      if (pageParam !== null) asked.set('before', pageParam)
      return read(`/api/v1/deployments?${asked}`, deploymentsSchema, signal)
    },
    initialPageParam: null as string | null,
    getNextPageParam: ({ next }) => next,
  })

export const lineage = (version: string) =>
  queryOptions({
    queryKey: ['lineage', version],
    queryFn: ({ signal }) => read(`/api/v1/versions/${e(version)}/lineage`, lineageSchema, signal),
  })

export const projects = queryOptions({
  queryKey: ['projects'],
  queryFn: ({ signal }) => read('/api/v1/projects', z.array(projectSchema), signal),
})

export const project = (name: string) =>
  queryOptions({
    queryKey: ['projects', name],
    queryFn: ({ signal }) => read(`/api/v1/projects/${e(name)}`, projectSchema, signal),
  })

export const pipelines = (name: string, limit: number) =>
  queryOptions({
    queryKey: ['pipelines', name, limit],
    queryFn: ({ signal }) =>
      read(`/api/v1/projects/${e(name)}/pipelines?limit=${limit}`, z.array(pipelineSummarySchema), signal),
    placeholderData: previous => previous,
  })

export const pipeline = (id: string) =>
  queryOptions({
    queryKey: ['pipeline', id],
    queryFn: ({ signal }) => read(`/api/v1/pipelines/${e(id)}`, pipelineViewSchema, signal),
  })

export const schedules = (project: string) =>
  queryOptions({
    queryKey: ['schedules', project],
    queryFn: ({ signal }) =>
      read(`/api/v1/projects/${e(project)}/schedules`, z.array(scheduleViewSchema), signal),
  })

/** Deliveries are no change that the server tells of: what is shown is asked for again. */
const ASK_AGAIN_MS = 3000

export const channels = (project: string) =>
  queryOptions({
    queryKey: ['channels', project],
    queryFn: ({ signal }) =>
      read(`/api/v1/projects/${e(project)}/channels`, z.array(channelViewSchema), signal),
    refetchInterval: ASK_AGAIN_MS,
  })

export const notices = (project: string, channel: string) =>
  queryOptions({
    queryKey: ['notices', project, channel],
    queryFn: ({ signal }) => {
      const path = `/api/v1/projects/${e(project)}/channels/${e(channel)}/notices`
      return read(path, z.array(noticeViewSchema), signal)
    },
    refetchInterval: ASK_AGAIN_MS,
  })

export const mergeRequests = (project: string, state: 'open' | 'all') =>
  queryOptions({
    queryKey: ['merge-requests', project, state],
    queryFn: ({ signal }) => {
      const which = state === 'all' ? '' : `&state=${state}`
      const path = `/api/v1/projects/${e(project)}/merge-requests?limit=${MAX_PAGE_SIZE}${which}`
      return read(path, z.array(mergeRequestViewSchema), signal)
    },
    placeholderData: previous => previous,
  })

export const mergeRequest = (project: string, number: number) =>
  queryOptions({
    queryKey: ['merge-requests', project, number],
    queryFn: ({ signal }) =>
      read(`/api/v1/projects/${e(project)}/merge-requests/${number}`, mergeRequestViewSchema, signal),
  })

export const policies = (project: string) =>
  queryOptions({
    queryKey: ['policies', project],
    queryFn: ({ signal }) =>
      read(`/api/v1/projects/${e(project)}/policies`, z.array(listedPolicySchema), signal),
    // Whoever sets one tells nobody.
    staleTime: 0,
  })

export const environments = (project: string) =>
  queryOptions({
    queryKey: ['environments', project],
    queryFn: ({ signal }) =>
      read(`/api/v1/projects/${e(project)}/environments`, z.array(environmentViewSchema), signal),
  })

export const releases = (project: string) =>
  queryOptions({
    queryKey: ['releases', project],
    queryFn: ({ signal }) => {
      const path = `/api/v1/projects/${e(project)}/releases?limit=${MAX_PAGE_SIZE}`
      return read(path, z.array(releaseViewSchema), signal)
    },
  })

export const tokens = queryOptions({
  queryKey: ['tokens'],
  queryFn: ({ signal }) => read('/api/v1/tokens', z.array(tokenViewSchema), signal),
})
