import { queryOptions } from '@tanstack/react-query'
import { z } from 'zod'
import {
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

export const tokens = queryOptions({
  queryKey: ['tokens'],
  queryFn: ({ signal }) => read('/api/v1/tokens', z.array(tokenViewSchema), signal),
})
