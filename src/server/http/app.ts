import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import cookie from '@fastify/cookie'
import swagger from '@fastify/swagger'
import fastify, { type FastifyError, type FastifyReply, type FastifyRequest } from 'fastify'
import {
  hasZodFastifySchemaValidationErrors,
  jsonSchemaTransform,
  serializerCompiler,
  validatorCompiler,
  type ZodTypeProvider,
} from 'fastify-type-provider-zod'
import { BallastError } from '../../core/index.ts'
import { ServerError } from '../errors.ts'
import type { Services } from '../services.ts'
import { guard } from './guard.ts'
import { accessRoutes } from './routes/access/access.ts'
import { projectRoutes } from './routes/access/projects.ts'
import { secretRoutes } from './routes/access/secrets.ts'
import { sessionRoutes } from './routes/access/session.ts'
import { attemptRoutes } from './routes/agents/attempts.ts'
import { cacheRoutes } from './routes/agents/caches.ts'
import { gatewayAnswerRoutes, gatewayRoutes } from './routes/agents/gateway-agent.ts'
import { hostRoutes } from './routes/agents/host-agent.ts'
import { runnerRoutes } from './routes/agents/runner-agent.ts'
import { disagreementRoutes } from './routes/delivery/disagreements.ts'
import { environmentRoutes } from './routes/delivery/environments.ts'
import { identityRoutes } from './routes/delivery/identity.ts'
import { recordRoutes } from './routes/delivery/records.ts'
import { releaseRoutes } from './routes/delivery/releases.ts'
import { rolloutRoutes } from './routes/delivery/rollouts.ts'
import { eventRoutes } from './routes/events.ts'
import { aliasRoutes } from './routes/models/aliases.ts'
import { deploymentRoutes } from './routes/models/deployments.ts'
import { versionFileRoutes } from './routes/models/files.ts'
import { historyRoutes } from './routes/models/history.ts'
import { modelRoutes } from './routes/models/models.ts'
import { requestRoutes } from './routes/models/requests.ts'
import { retentionRoutes } from './routes/models/retention.ts'
import { searchRoutes } from './routes/models/search.ts'
import { channelRoutes } from './routes/notify/channels.ts'
import { artifactRoutes } from './routes/pipelines/artifacts.ts'
import { pipelineRoutes } from './routes/pipelines/pipelines.ts'
import { storeRoutes } from './routes/registry/store.ts'
import { hookRoutes } from './routes/triggers/hooks.ts'
import { mergeRequestRoutes } from './routes/triggers/merge-requests.ts'
import { mirrorRoutes } from './routes/triggers/mirrors.ts'
import { scheduleRoutes } from './routes/triggers/schedules.ts'
import { triggerRoutes } from './routes/triggers/triggers.ts'
import { webRoutes } from './routes/web.ts'
import { statusOf } from './status.ts'
import type { App } from './types.ts'

const SEE_OPENAPI = 'See /api/v1/openapi.json for what is expected.'
/** A request's JSON; blobs and logs are streams and have limits of their own. */
const MAX_JSON_BYTES = 32 * 1024 * 1024
const GIT_PATH = /\.git\/(info\/refs|git-upload-pack|git-receive-pack)(\?|$)/

/** The control plane's HTTP: `/api/v1`, the UI, Git's smart HTTP and Git LFS. */
export async function createApp(services: Services): Promise<App> {
  const app: App = fastify({
    serverFactory: handler => serverWithGit(services, handler),
    bodyLimit: MAX_JSON_BYTES,
    requestTimeout: 0,
    forceCloseConnections: true,
    logger: false,
  }).withTypeProvider<ZodTypeProvider>()
  app.setValidatorCompiler(validatorCompiler)
  app.setSerializerCompiler(serializerCompiler)
  app.setErrorHandler((error: FastifyError, request, reply) => answerError(services, error, request, reply))
  app.setNotFoundHandler((request, reply) => {
    void answerError(
      services,
      new ServerError('NOT_FOUND', {
        message: `There is no ${request.method} ${request.url.split('?')[0]}`,
        hint: 'See /api/v1/openapi.json for what there is.',
      }),
      request,
      reply,
    )
  })
  for (const type of ['application/octet-stream', /^image\//])
    app.addContentTypeParser(type, (_request, payload, done) => done(null, payload))
  await app.register(cookie)
  await app.register(swagger, {
    openapi: {
      info: {
        title: 'Ballast',
        description: 'CI/CD for AI models',
        version: services.plane.settings.version,
      },
    },
    transform: jsonSchemaTransform,
  })
  guard(app, services)
  for (const routes of [
    sessionRoutes,
    accessRoutes,
    projectRoutes,
    secretRoutes,
    pipelineRoutes,
    triggerRoutes,
    mergeRequestRoutes,
    mirrorRoutes,
    channelRoutes,
    hookRoutes,
    scheduleRoutes,
    artifactRoutes,
    modelRoutes,
    aliasRoutes,
    historyRoutes,
    deploymentRoutes,
    versionFileRoutes,
    requestRoutes,
    retentionRoutes,
    searchRoutes,
    storeRoutes,
    rolloutRoutes,
    disagreementRoutes,
    recordRoutes,
    eventRoutes,
    runnerRoutes,
    attemptRoutes,
    cacheRoutes,
    hostRoutes,
    gatewayRoutes,
    gatewayAnswerRoutes,
    identityRoutes,
    environmentRoutes,
    releaseRoutes,
    webRoutes,
  ]) {
    await routes(app, services)
  }
  await app.ready()
  return app
}

/** Git's requests never enter the framework: their bodies are endless streams, both ways. */
function serverWithGit(
  services: Services,
  handler: (request: IncomingMessage, response: ServerResponse) => void,
): Server {
  const server = createServer((request, response) => {
    const door = doorOf(services, request.url ?? '')
    if (!door) return handler(request, response)
    door.handle(request, response).catch((error: unknown) => {
      services.plane.logger.error({ url: request.url, error: String(error) }, 'git request failed')
      response.destroy()
    })
  })
  // A push of many gigabytes takes as long as it takes.
  server.requestTimeout = 0
  server.keepAliveTimeout = 65_000
  return server
}

function doorOf({ git, lfs }: Services, url: string): Services['git'] | Services['lfs'] | undefined {
  if (GIT_PATH.test(url)) return git
  return lfs.owns(url) ? lfs : undefined
}

async function answerError(
  services: Services,
  error: FastifyError | BallastError,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<void> {
  const body = errorBody(error)
  if (body.status >= 500)
    services.plane.logger.error(
      { method: request.method, url: request.url, error: error.stack ?? String(error) },
      'request failed',
    )
  const retryAfter = error instanceof BallastError ? error.details['retryAfterSeconds'] : undefined
  if (typeof retryAfter === 'number') void reply.header('retry-after', retryAfter)
  await reply
    .status(body.status)
    .type('application/json')
    .send(JSON.stringify({ error: body.error }))
}

function errorBody(error: FastifyError | BallastError) {
  if (hasZodFastifySchemaValidationErrors(error)) {
    const message = error.validation
      .map(({ instancePath, message }) => `${instancePath || 'the body'}: ${message}`)
      .join('; ')
    return {
      status: 400,
      error: { code: 'REQUEST_INVALID', message, hint: SEE_OPENAPI },
    }
  }
  if (error instanceof BallastError) {
    const status = statusOf(error)
    const { code, message, hint, details } = error
    if (status !== 500) return { status, error: { code, message, ...(hint && { hint }), details } }
  } else if (error.statusCode !== undefined && error.statusCode < 500) {
    return {
      status: error.statusCode,
      error: { code: 'REQUEST_INVALID', message: error.message, hint: SEE_OPENAPI },
    }
  }
  return {
    status: 500,
    error: {
      code: 'INTERNAL',
      message: 'The server failed at this; its log says more.',
      hint: 'Try again; if it stays, report it with the log.',
    },
  }
}
