import { z } from 'zod'
import { signingKeySchema } from '../../../../api/index.ts'
import { publishedKeys, rotateKeys } from '../../../delivery/identity/keys.ts'
import type { Services } from '../../../services.ts'
import { keyInfos, replaceKey } from '../../../signing/keys.ts'
import { recordKeys } from '../../../signing/records.ts'
import type { App } from '../../types.ts'

const OPEN = { access: { kind: 'open' } } as const
const ADMIN = { access: { kind: 'right', right: 'server.administer' } } as const
/** Where GitLab has it: configurations that name the address work as they are. */
const KEYS = '/oauth/discovery/keys'
/** By which the records of what was decided are checked. */
const RECORD_KEYS = ['/.well-known/ballast-record-keys.json', '/api/v1/identity/record-keys'] as const
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
  for (const path of RECORD_KEYS)
    app.get(path, { config: OPEN }, async (_request, reply) =>
      reply.header('cache-control', CACHED).send({ keys: await recordKeys(plane) }),
    )
  const querystring = z.object({ for: z.enum(['identity', 'records']).default('identity') })
  app.get(
    '/api/v1/identity/keys',
    { config: ADMIN, schema: { querystring, response: { 200: z.array(signingKeySchema) } } },
    async request => [...(await keyInfos(plane, request.query.for))],
  )
  app.post(
    '/api/v1/identity/keys',
    { config: ADMIN, schema: { querystring, response: { 201: signingKeySchema } } },
    async (request, reply) => {
      const { for: purpose } = request.query
      // What a retired key of records signed stays to be checked: none of them is ever removed.
      const made = await (purpose === 'records' ? replaceKey(plane, purpose) : rotateKeys(plane))
      return reply.status(201).send(made)
    },
  )
}
