import { z } from 'zod'
import { signingKeySchema } from '../../../../api/index.ts'
import { keyInfos, publishedKeys, rotateKeys } from '../../../delivery/identity/keys.ts'
import type { Services } from '../../../services.ts'
import type { App } from '../../types.ts'

const OPEN = { access: { kind: 'open' } } as const
const ADMIN = { access: { kind: 'right', right: 'server.administer' } } as const
/** Where GitLab has it: configurations that name the address work as they are. */
const KEYS = '/oauth/discovery/keys'
/** A key that signs from now on is looked for by its id when a checker does not know it: old answers do little harm. */
const CACHED = 'public, max-age=300'

/** By what others check the identity tokens of jobs (OpenID Connect Discovery 1.0), and the keys behind them. */
export function identityRoutes(app: App, { plane }: Services): void {
  app.get('/.well-known/openid-configuration', { config: OPEN }, async (_request, reply) => {
    const issuer = plane.settings.publicUrl
    return reply.header('cache-control', CACHED).send({
      issuer,
      jwks_uri: `${issuer}${KEYS}`,
      response_types_supported: ['id_token'],
      subject_types_supported: ['public'],
      id_token_signing_alg_values_supported: ['RS256'],
      claims_supported: ['iss', 'sub', 'aud', 'exp', 'nbf', 'iat', 'jti', 'project_path', 'ref', 'ref_type'],
    })
  })
  app.get(KEYS, { config: OPEN }, async (_request, reply) =>
    reply.header('cache-control', CACHED).send({ keys: await publishedKeys(plane) }),
  )
  app.get(
    '/api/v1/identity/keys',
    { config: ADMIN, schema: { response: { 200: z.array(signingKeySchema) } } },
    async () => [...(await keyInfos(plane))],
  )
  app.post(
    '/api/v1/identity/keys',
    { config: ADMIN, schema: { response: { 201: signingKeySchema } } },
    async (_request, reply) => reply.status(201).send(await rotateKeys(plane)),
  )
}
