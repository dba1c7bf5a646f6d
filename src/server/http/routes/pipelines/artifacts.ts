import { posix } from 'node:path'
import { z } from 'zod'
import type { Digest } from '../../../../core/index.ts'
import { notFound } from '../../../errors.ts'
import type { Services } from '../../../services.ts'
import { downloadableAttempt } from '../../artifact-access.ts'
import { callerIn } from '../../guard.ts'
import type { App } from '../../types.ts'

/**
 * GET /api/v1/attempts/:id/artifacts/PATH: a file that this attempt kept, by the path it was kept under.
 * Whoever reads the project reads it, unless the job keeps it for fewer (`artifacts:access`) or its time is over. It is a job's own bytes, so a browser saves it and never shows it.
 */
export function artifactRoutes(app: App, services: Services): void {
  app.get(
    '/api/v1/attempts/:id/artifacts/*',
    {
      config: { access: { kind: 'caller' } },
      schema: { params: z.object({ id: z.string(), '*': z.string() }) },
    },
    async (request, reply) => {
      const { id, '*': path } = request.params
      const attempt = await downloadableAttempt(services, callerIn(request), id)
      const file = attempt.artifacts.find(kept => kept.path === path && !kept.folder)
      if (!file) throw notFound('artifact', path)
      return reply
        .type('application/octet-stream')
        .header('content-length', await sizeOf(services, file.digest))
        .header('content-disposition', attachmentNamed(posix.basename(path)))
        .header('x-content-type-options', 'nosniff')
        .send(await services.plane.blobs.stream(file.digest))
    },
  )
}

/** What is stored, rather than what the runner said of it. */
async function sizeOf({ plane }: Services, digest: Digest): Promise<number> {
  const source = await plane.blobs.open(digest)
  try {
    return source.size
  } finally {
    await source.close()
  }
}

/** RFC 6266: any name, in UTF-8, and a plain one for what does not read that. */
function attachmentNamed(name: string): string {
  const plain = name.replace(/[^\w.-]/g, '_')
  const encoded = encodeURIComponent(name.toWellFormed()).replace(
    /['()*]/g,
    each => `%${each.charCodeAt(0).toString(16).toUpperCase()}`,
  )
  return `attachment; filename="${plain}"; filename*=UTF-8''${encoded}`
}
