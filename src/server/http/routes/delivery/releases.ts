import { z } from 'zod'
import { releaseViewSchema } from '../../../../api/index.ts'
import type { ReleaseId } from '../../../../core/index.ts'
import { notFound } from '../../../errors.ts'
import type { Services } from '../../../services.ts'
import { releaseViewOf } from '../../../views/delivery.ts'
import { projectFor } from '../../find.ts'
import { callerIn } from '../../guard.ts'
import type { App } from '../../types.ts'

const CALLER = { access: { kind: 'caller' } } as const
const params = z.object({ project: z.string() })
const page = z.object({
  before: z.string().optional(),
  limit: z.coerce.number().int().min(1).max(100).default(25),
})

/** Releases that jobs have made, the latest first. */
export function releaseRoutes(app: App, services: Services): void {
  const { delivery } = services.plane.stores
  app.get(
    '/api/v1/projects/:project/releases',
    {
      config: CALLER,
      schema: { params, querystring: page, response: { 200: z.array(releaseViewSchema) } },
    },
    async request => {
      const project = await projectFor(services, callerIn(request), request.params.project)
      const { before, limit } = request.query
      const releases = await delivery.releases(project.id, {
        limit,
        ...(before && { before: before as ReleaseId }),
      })
      return Promise.all(releases.map(release => releaseViewOf(services.plane, release)))
    },
  )
  app.get(
    '/api/v1/projects/:project/releases/:tag',
    {
      config: CALLER,
      schema: { params: params.extend({ tag: z.string() }), response: { 200: releaseViewSchema } },
    },
    async request => {
      const { project: name, tag } = request.params
      const project = await projectFor(services, callerIn(request), name)
      const release = await delivery.release(project.id, tag)
      if (release?.state !== 'published') throw notFound('release', tag.slice(0, 100))
      return releaseViewOf(services.plane, release)
    },
  )
}
