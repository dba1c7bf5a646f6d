import { z } from 'zod'
import { searchResultSchema } from '../../../../api/index.ts'
import { searchVersions } from '../../../registry/versions/search.ts'
import type { Services } from '../../../services.ts'
import { versionViewOf } from '../../../views/models.ts'
import { readableProjects } from '../../find-version.ts'
import { callerIn } from '../../guard.ts'
import type { App } from '../../types.ts'

/** GET /api/v1/search?q=…: versions of every model that the caller may read. */
export function searchRoutes(app: App, services: Services): void {
  app.get(
    '/api/v1/search',
    {
      config: { access: { kind: 'caller' } },
      schema: {
        querystring: z.object({
          q: z.string().default(''),
          limit: z.coerce.number().int().min(1).max(100).default(25),
        }),
        response: { 200: searchResultSchema },
      },
    },
    async request => {
      const { q, limit } = request.query
      const projects = await readableProjects(services, callerIn(request))
      const { versions, ...rest } = await searchVersions(services.plane, projects, q, limit)
      return { ...rest, versions: await Promise.all(versions.map(each => versionViewOf(services, each))) }
    },
  )
}
